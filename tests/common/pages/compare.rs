//! What came, held against what a page shows, without what differs from run to run.
//!
//! Dates, times, ports, versions and the numbers of connections are not compared, nor is what a client draws at random.

use crate::fences::matches;

/// Which ports are not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// All that stand behind 127.0.0.1.
    Any,
    /// Those that the system draws for a client, behind any address of this machine: all but 8080 and these. Where it
    /// draws them from is told differently to each machine.
    AllBut(Vec<u16>),
}

/// What is wrong, if something is.
pub fn fault(wanted: &[String], came: &[String], ports: &Ports) -> Option<String> {
    let (wanted, came) = (comparable(wanted, ports), comparable(came, ports));
    let says = |lines: &[String]| lines.join("\n");
    (!matches(&wanted, &came))
        .then(|| format!("--- the page says:\n{}\n--- what happens:\n{}\n", says(&wanted), says(&came)))
}

/// Lines without what differs from run to run.
pub fn comparable(lines: &[String], ports: &Ports) -> Vec<String> {
    let mut connections = Vec::new();
    lines.iter().map(|line| without_times(&renumbered(line, &mut connections), ports)).collect()
}

/// The same of a line alone: a connection's number is not compared at all.
pub fn comparable_line(line: &str, ports: &Ports) -> String {
    comparable(&[line.to_owned()], ports).remove(0)
}

/// Connections are numbered anew, in the order in which they are named.
fn renumbered(line: &str, connections: &mut Vec<String>) -> String {
    let Some(who) = line.split_whitespace().nth(1).filter(|who| who.starts_with("ws-")) else { return line.to_owned() };
    if !connections.iter().any(|known| known == who) {
        connections.push(who.to_owned());
    }
    let number = connections.iter().position(|known| known == who).expect("a connection that is known");
    line.replacen(who, &format!("ws-#{number}"), 1)
}

fn without_times(line: &str, ports: &Ports) -> String {
    let line = &without_chance(&without_instants(line));
    let is_number = |character: char| character.is_ascii_digit() || character == '.';
    let line = match ports {
        Ports::Any => replaced(line, "127.0.0.1:", is_number, "PORT"),
        Ports::AllBut(named) => without_columns(&without_drawn_ports(line, named)),
    };
    let line = replaced(&line, "curl/", is_number, "VERSION");
    let line = without_durations(&line);
    let line = replaced(&line, "\"at\":", is_number, "AT");
    let line = replaced(&line, "\"since\":", is_number, "AT");
    let line = replaced(&line, "\"away_ms\":", is_number, "TIME");
    let line = replaced(&line, "\"milliseconds\":", is_number, "TIME");
    let line = replaced(&line, "\"seconds\":", is_number, "TIME");
    without_date(&line).trim_end().to_owned()
}

/// An HTTP date, as a field.
pub fn without_date(line: &str) -> String {
    match line.split_once("Date: ").and_then(|(before, after)| Some((before, after.split_once("GMT")?.1))) {
        Some((before, after)) => format!("{before}Date: DAY{after}"),
        None => line.to_owned(),
    }
}

/// A number with a unit, `after 1.5ms` or `after 3001 milliseconds`. Any other word there is compared.
pub fn without_durations(line: &str) -> String {
    const UNITS: [&str; 7] = ["ns", "µs", "us", "ms", "s", "m", "milliseconds"];
    let mut parts = line.split(" after ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        // A unit that stands apart stays: a page may show `[..] milliseconds`.
        let (gap, unit) = rest.split_at(usize::from(rest.starts_with(' ')));
        let (unit, rest) = unit.split_at(unit.find(|character: char| !character.is_alphabetic()).unwrap_or(unit.len()));
        let is_one = part.starts_with(|first: char| first.is_ascii_digit()) && UNITS.contains(&unit);
        text.push_str(" after ");
        text.push_str(&match (is_one, gap.is_empty()) {
            (false, _) => part.to_owned(),
            (true, true) => format!("TIME{rest}"),
            (true, false) => format!("TIME{gap}{unit}{rest}"),
        });
    }
    text
}

/// `ss` makes its columns as wide as the terminal.
fn without_columns(line: &str) -> String {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with(|first: char| first.is_alphabetic()));
    let is_number = |word: Option<&str>| word.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let is_of_ss =
        is_number(words.next()) && is_number(words.next()) && words.next().is_some_and(|word| word.contains(':'));
    if is_of_ss || line.starts_with("State ") {
        return line.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    line.to_owned()
}

/// Behind an address of this machine, with a colon or, as tcpdump writes it, a dot.
fn without_drawn_ports(line: &str, named: &[u16]) -> String {
    const HOSTS: [&str; 4] = ["127.0.0.1", "::1", "[::1]", "localhost"];
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find([':', '.']) {
        let (before, after) = rest.split_at(at + 1);
        text.push_str(before);
        let digits = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
        let is_behind = HOSTS.iter().any(|host| text[..text.len() - 1].ends_with(host));
        let is_drawn = after[..digits].parse().is_ok_and(|port: u16| port != 8080 && !named.contains(&port));
        text.push_str(if is_behind && is_drawn { "PORT" } else { &after[..digits] });
        rest = &after[digits..];
    }
    text + rest
}

/// Times as RFC 3339 writes them, to the millisecond.
fn without_instants(line: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.000Z";
    let is_one = |bytes: &[u8]| {
        let fits = |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
        bytes.iter().zip(SHAPE).all(fits)
    };
    let mut line = line.to_owned();
    while let Some(at) = line.as_bytes().windows(SHAPE.len()).position(is_one) {
        line.replace_range(at..at + SHAPE.len(), "INSTANT");
    }
    line
}

/// What a client draws at random. A key that everybody uses, RFC 6455's sample, was not drawn.
fn without_chance(line: &str) -> String {
    // HAProxy and others write names in lower case.
    const DRAWN: [&str; 4] =
        ["Sec-WebSocket-Key: ", "Sec-WebSocket-Accept: ", "sec-websocket-key: ", "sec-websocket-accept: "];
    const SAMPLE: [&str; 2] = ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="];
    if SAMPLE.iter().any(|sample| line.contains(sample)) {
        return line.to_owned();
    }
    let is_base64 = |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
    let line = DRAWN.iter().fold(line.to_owned(), |line, name| replaced(&line, name, is_base64, "DRAWN"));
    // In a log alone: elsewhere the page has chosen it.
    let is_log = line.split_whitespace().nth(1).is_some_and(|who| who == "connect" || who.starts_with("ws-"));
    if is_log { replaced(&line, " mask=", |character| character.is_ascii_hexdigit(), "MASK") } else { line }
}

/// What follows `before`, as long as it goes on, is replaced, wherever it stands.
pub fn replaced(line: &str, before: &str, goes_on: impl Fn(char) -> bool, by: &str) -> String {
    let mut parts = line.split(before);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&goes_on);
        text.push_str(before);
        text.push_str(if rest.len() < part.len() { by } else { "" });
        text.push_str(rest);
    }
    text
}
