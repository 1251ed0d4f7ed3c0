//! Fields that should arrive as they were sent: those that the server decides by, and those that the user gave.

use crate::probe::diff::{Change, Row};
use crate::probe::look::Look;
use crate::probe::{Fault, Section, Settings};

/// What a server decides by, besides the upgrade itself.
const NEEDED: [&str; 7] = [
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "origin",
    "cookie",
    "authorization",
];

/// What a hop may change, whoever sent it: fields of one connection (RFC 9110 s7.6.1), and those in which hops write.
const THEIRS: [&str; 16] = [
    "host",
    "connection",
    "upgrade",
    "keep-alive",
    "te",
    "transfer-encoding",
    "proxy-connection",
    "proxy-authorization",
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
];

/// Names each that did not.
pub fn find(settings: &Settings, look: &Look, section: &mut Section) {
    for row in look.rows.iter().filter(|row| is_lost(row, &own(settings))) {
        let name = row.sent.as_ref().and_then(|line| line.split_once(':')).map_or("", |(name, _)| name);
        let what = match (&row.arrived, row.change) {
            (Some(arrived), _) => format!("arrived as {}", shown(arrived)),
            (None, _) => "did not arrive".to_owned(),
        };
        section.fault(Fault::FieldLost, format!("{name} {what}"));
    }
}

/// Whether a lost field explains a refusal with this status by itself.
pub fn explain(look: &Look, status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 426) && look.rows.iter().any(|row| is_lost(row, &[]))
}

/// The names that the user gave.
fn own(settings: &Settings) -> Vec<String> {
    let names = settings.offer.fields.iter().map(|(name, _)| name.trim_end_matches(';').to_ascii_lowercase());
    names.filter(|name| !THEIRS.contains(&name.as_str())).collect()
}

fn is_lost(row: &Row, own: &[String]) -> bool {
    let name = row.name();
    let counts = NEEDED.contains(&name.as_str()) || own.contains(&name);
    counts && matches!(row.change, Change::Removed | Change::Changed)
}

/// A line, cut.
fn shown(line: &str) -> String {
    const MAX: usize = 80;
    let part: String = line.chars().take(MAX).collect();
    if part.len() < line.len() { format!("{part}…") } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::diff::diff;
    use crate::probe::head::lines;

    fn lost(sent: &str, arrived: &str, own: &[&str]) -> Vec<String> {
        let own: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
        let rows = diff(&lines(sent), &lines(arrived));
        rows.iter().filter(|row| is_lost(row, &own)).map(Row::name).collect()
    }

    #[test]
    fn only_what_somebody_needs_can_be_lost() {
        let sent = "GET / HTTP/1.1\nHost: a\nOrigin: https://a\nCookie: ***\nUser-Agent: x\nX-Mine: 1";
        assert_eq!(lost(sent, "GET / HTTP/1.1\nhost: b\norigin: https://a\nCookie: ***\nX-Mine: 1", &[]), [""; 0]);
        assert_eq!(
            lost(sent, "GET / HTTP/1.1\nOrigin: https://b\nX-Mine: 2", &["x-mine"]),
            ["origin", "cookie", "x-mine"]
        );
    }
}
