//! What a head was and what became of it, line by line. A line that only stands somewhere else is told once, and as few are
//! called moved as possible.

use super::head;
use serde_json::{Value, json};

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Kept,
    /// It did not arrive.
    Removed,
    /// It was not sent.
    Added,
    /// The value is another one, or the request line.
    Changed,
    /// The name has other letters in capitals. To HTTP it is the same name (RFC 9110 s5.1).
    Recased,
}

impl Change {
    /// Its name for a program.
    pub fn word(self) -> &'static str {
        match self {
            Change::Kept => "kept",
            Change::Removed => "removed",
            Change::Added => "added",
            Change::Changed => "changed",
            Change::Recased => "recased",
        }
    }
}

/// A line as it was sent beside the same line as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What became of it.
    pub change: Change,
    /// Whether it stands somewhere else among the others.
    pub moved: bool,
    /// As it was sent.
    pub sent: Option<String>,
    /// As it arrived.
    pub arrived: Option<String>,
}

impl Row {
    /// Whether the line arrived as it was sent, where it was sent.
    pub fn is_same(&self) -> bool {
        self.change == Change::Kept && !self.moved
    }

    /// The name of the field, in lower case; of the request line none.
    pub fn name(&self) -> String {
        head::name(self.sent.as_ref().or(self.arrived.as_ref()).map_or("", String::as_str))
    }

    /// The row for a program.
    pub fn json(&self) -> Value {
        json!({ "mark": self.change.word(), "moved": self.moved, "sent": self.sent, "arrived": self.arrived })
    }
}

/// Two heads side by side. The first line of each is its request line.
pub fn diff(sent: &[String], arrived: &[String]) -> Vec<Row> {
    let partners = partners(sent, arrived);
    let unmoved = unmoved(&partners);
    let mut rows = Vec::new();
    let mut shown = 0; // of the arrived lines, those that were added before here
    for (at, line) in sent.iter().enumerate() {
        let Some(partner) = partners[at] else {
            rows.push(Row { change: Change::Removed, moved: false, sent: Some(line.clone()), arrived: None });
            continue;
        };
        if unmoved[at] {
            rows.extend(added(arrived, &partners, shown..partner));
            shown = partner;
        }
        let other = &arrived[partner];
        let (change, moved) = (change(at, line, other), !unmoved[at]);
        rows.push(Row { change, moved, sent: Some(line.clone()), arrived: Some(other.clone()) });
    }
    rows.extend(added(arrived, &partners, shown..arrived.len()));
    rows
}

/// Which line arrived for each that was sent: the same one if it is there, else the next of the same name.
fn partners(sent: &[String], arrived: &[String]) -> Vec<Option<usize>> {
    let mut partners = vec![None; sent.len()];
    let mut taken = vec![false; arrived.len()];
    if let (Some(first), Some(taken)) = (partners.first_mut(), taken.first_mut()) {
        (*first, *taken) = (Some(0), true); // the request lines
    }
    for with_value in [true, false] {
        for (line, partner) in sent.iter().zip(&mut partners).skip(1).filter(|(_, partner)| partner.is_none()) {
            let is_it =
                |other: &String| head::name(line) == head::name(other) && (!with_value || value(line) == value(other));
            *partner = (1..arrived.len()).find(|at| !taken[*at] && is_it(&arrived[*at]));
            partner.iter().for_each(|at| taken[*at] = true);
        }
    }
    partners
}

fn value(line: &str) -> &str {
    line.split_once(':').map_or(line, |(_, value)| value.trim())
}

/// Which lines stand where they were: the longest row of them whose order is still the same.
fn unmoved(partners: &[Option<usize>]) -> Vec<bool> {
    // For each line: how many there are in the longest such row that ends with it, and which line is before it there.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(partners.len());
    for (at, partner) in partners.iter().enumerate() {
        let before = (0..at).filter(|before| partners[*before].is_some() && partners[*before] < *partner);
        let before = before.max_by_key(|before| (best[*before].0, std::cmp::Reverse(*before)));
        best.push((before.map_or(0, |before| best[before].0) + 1, before));
    }
    let mut unmoved = vec![false; partners.len()];
    let ends = (0..partners.len()).filter(|at| partners[*at].is_some());
    let mut next = ends.max_by_key(|at| best[*at].0);
    while let Some(at) = next {
        unmoved[at] = true;
        next = best[at].1;
    }
    unmoved
}

fn added(arrived: &[String], partners: &[Option<usize>], range: std::ops::Range<usize>) -> Vec<Row> {
    let new = range.filter(|at| !partners.contains(&Some(*at)));
    new.map(|at| Row { change: Change::Added, moved: false, sent: None, arrived: Some(arrived[at].clone()) }).collect()
}

fn change(at: usize, sent: &str, arrived: &str) -> Change {
    let name = |line: &str| line.split_once(':').map_or(String::new(), |(name, _)| name.trim().to_owned());
    if at == 0 && sent == arrived {
        Change::Kept
    } else if at == 0 || value(sent) != value(arrived) {
        Change::Changed
    } else if name(sent) != name(arrived) {
        Change::Recased
    } else {
        Change::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::lines;
    use super::*;

    /// Each row as its first letter, `^` behind it when it has moved, and its name.
    fn told(sent: &str, arrived: &str) -> Vec<String> {
        let row = |row: &Row| {
            let moved = if row.moved { "^" } else { "" };
            format!("{}{moved} {}", row.change.word(), row.name()).trim().to_owned()
        };
        diff(&lines(sent), &lines(arrived)).iter().map(row).collect()
    }

    const SENT: &str = "GET /ws HTTP/1.1\nHost: a:8000\nUpgrade: websocket\nConnection: Upgrade\nOrigin: https://b";

    #[test]
    fn what_arrives_as_it_was_sent_is_kept() {
        let rows = diff(&lines(SENT), &lines(SENT));
        assert!(rows.len() == 5 && rows.iter().all(Row::is_same), "{rows:?}");
    }

    #[test]
    fn what_nginx_does_when_it_is_told_nothing() {
        let arrived = "GET /ws HTTP/1.0\nHost: up\nConnection: close\nOrigin: https://b";
        assert_eq!(
            told(SENT, arrived),
            ["changed", "changed host", "removed upgrade", "changed connection", "kept origin"]
        );
    }

    #[test]
    fn what_haproxy_does() {
        let arrived = format!("GET /ws HTTP/1.1\n{}\nx-forwarded-for: 127.0.0.1", &SENT[17..].to_lowercase());
        assert_eq!(
            told(SENT, &arrived),
            [
                "kept",
                "recased host",
                "recased upgrade",
                "changed connection",
                "recased origin",
                "added x-forwarded-for"
            ]
        );
    }

    #[test]
    fn one_line_that_moves_is_one_line_that_moved() {
        let arrived = "GET /ws HTTP/1.1\nOrigin: https://b\nHost: a:8000\nUpgrade: websocket\nConnection: Upgrade";
        assert_eq!(told(SENT, arrived), ["kept", "kept host", "kept upgrade", "kept connection", "kept^ origin"]);
        let back = told(arrived, SENT);
        assert_eq!(back, ["kept", "kept^ origin", "kept host", "kept upgrade", "kept connection"]);
    }

    #[test]
    fn what_was_added_stands_where_it_arrived() {
        let arrived = SENT.replace("\nUpgrade", "\nVia: 1.1 x\nX-A: 1\nUpgrade");
        assert_eq!(
            told(SENT, &arrived),
            ["kept", "kept host", "added via", "added x-a", "kept upgrade", "kept connection", "kept origin"]
        );
    }

    #[test]
    fn a_name_that_stands_there_twice_is_two_lines() {
        let sent = "GET / HTTP/1.1\nCookie: a\nCookie: b\nX: 1";
        assert_eq!(told(sent, "GET / HTTP/1.1\nCookie: b\nX: 1"), ["kept", "removed cookie", "kept cookie", "kept x"]);
        assert_eq!(
            told(sent, "GET / HTTP/1.1\nCookie: c\nCookie: a\nX: 1"),
            ["kept", "kept cookie", "changed^ cookie", "kept x"]
        );
    }

    #[test]
    fn heads_that_are_none_are_compared_too() {
        assert_eq!(diff(&[], &[]), []);
        assert_eq!(told("GET / HTTP/1.1\nA: 1", ""), ["removed", "removed a"]);
        assert_eq!(told("", "GET / HTTP/1.1\nA: 1"), ["added", "added a"]);
        assert_eq!(told("GET / HTTP/1.1\nno colon", "GET / HTTP/1.1\nno colon"), ["kept", "kept"]);
    }
}
