//! The part of a server's log that a page shows.

/// Least important last.
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// Whose lines are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of connections that began in this part of the log, and those of no connection.
    Began,
    /// Everybody's.
    All,
}

/// The lines of a part of the log, down to a level.
pub fn lines_of(log: &[String], whose: Whose, down_to: &str) -> Vec<String> {
    let who = |line: &str| line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let began: Vec<String> =
        log.iter().filter(|line| line.contains(" = connected from ")).map(|line| who(line)).collect();
    let mut is_shown = false;
    let shown = log.iter().filter(|line| {
        // What begins with a blank belongs to the line before it.
        if !line.starts_with(' ') {
            let is_theirs = whose == Whose::All || began.contains(&who(line)) || who(line) == "server";
            is_shown = is_theirs && rank(line) <= rank(down_to);
        }
        is_shown
    });
    shown.cloned().collect()
}

/// What is of no level is as important as can be.
fn rank(line: &str) -> usize {
    let first = line.split_whitespace().next().unwrap_or_default();
    LEVELS.iter().position(|level| level.eq_ignore_ascii_case(first)).unwrap_or(0)
}
