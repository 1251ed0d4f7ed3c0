//! Two heads side by side: what was sent on the left, what arrived on the right, and between them what became of each line.

use super::super::diff::{Change, Row};
use anstyle::{AnsiColor, Style};

/// What stands before each row.
const INDENT: &str = "    ";

/// The narrowest column that still shows something.
const NARROWEST: usize = 32;

/// What stands between the columns: the mark, with blanks around it.
const GAP: usize = 4;

/// The rows, each with its line break. In fewer than `width` columns, one line stands below the other.
pub fn table(rows: &[Row], width: usize) -> String {
    if rows.iter().all(Row::is_same) {
        return rows
            .iter()
            .map(|row| format!("{INDENT}{}\n", cut(&row.sent, width.saturating_sub(INDENT.len()))))
            .collect();
    }
    let room = width.saturating_sub(INDENT.len() + GAP) / 2;
    let lines = |row: &Row| if room < NARROWEST { below(row, width) } else { beside(row, left(rows, room), width) };
    let heading = if room < NARROWEST { String::new() } else { heading(left(rows, room)) };
    heading + &rows.iter().map(lines).collect::<String>() + &legend(rows)
}

/// How wide the left column is: no wider than what is in it.
fn left(rows: &[Row], room: usize) -> usize {
    let longest = rows.iter().filter_map(|row| row.sent.as_ref()).map(|line| line.chars().count()).max();
    longest.unwrap_or(0).clamp(NARROWEST, room)
}

fn heading(left: usize) -> String {
    let dim = Style::new().dimmed();
    format!("{INDENT}{dim}{:<left$}    as it arrived{dim:#}\n", "as it was sent")
}

fn beside(row: &Row, left: usize, width: usize) -> String {
    let right = width.saturating_sub(INDENT.len() + left + GAP);
    let style = style(row);
    let (sent, arrived) = (cut(&row.sent, left), cut(&row.arrived, right));
    let line = format!("{INDENT}{style}{sent:<left$} {:<2} {arrived}", mark(row));
    format!("{}{style:#}\n", line.trim_end())
}

/// As a patch is written.
fn below(row: &Row, width: usize) -> String {
    let (style, width) = (style(row), width.saturating_sub(INDENT.len() + 3));
    if row.is_same() {
        return format!("{INDENT}   {}\n", cut(&row.sent, width));
    }
    let one = |sign: &str, line: &Option<String>| match line {
        Some(_) => format!("{INDENT}{style}{sign}  {}{style:#}\n", cut(line, width)),
        None => String::new(),
    };
    if row.change == Change::Kept {
        return one("^", &row.sent);
    }
    one("-", &row.sent) + &one("+", &row.arrived)
}

/// What the marks mean, of those that are there.
fn legend(rows: &[Row]) -> String {
    const MEANING: [(Change, &str); 4] = [
        (Change::Removed, "- did not arrive"),
        (Change::Added, "+ was added"),
        (Change::Changed, "~ was changed"),
        (Change::Recased, "a has its name in other letters"),
    ];
    let used = |(change, _): &&(Change, &str)| rows.iter().any(|row| row.change == *change);
    let mut told: Vec<&str> = MEANING.iter().filter(used).map(|(_, words)| *words).collect();
    if rows.iter().any(|row| row.moved) {
        told.push("^ stands elsewhere");
    }
    let dim = Style::new().dimmed();
    format!("{INDENT}{dim}({}){dim:#}\n", told.join(", "))
}

fn mark(row: &Row) -> String {
    let mark = match row.change {
        Change::Kept => "",
        Change::Removed => "-",
        Change::Added => "+",
        Change::Changed => "~",
        Change::Recased => "a",
    };
    format!("{mark}{}", if row.moved { "^" } else { "" })
}

fn style(row: &Row) -> Style {
    match row.change {
        Change::Kept if row.moved => AnsiColor::Cyan.on_default(),
        Change::Kept => Style::new(),
        Change::Removed => AnsiColor::Red.on_default(),
        Change::Added => AnsiColor::Green.on_default(),
        Change::Changed => AnsiColor::Yellow.on_default(),
        Change::Recased => AnsiColor::Cyan.on_default(),
    }
}

/// A line that has room for so many characters.
fn cut(line: &Option<String>, room: usize) -> String {
    let line = line.as_deref().unwrap_or_default();
    match line.chars().count() > room {
        true => line.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::diff::diff;
    use super::super::super::head::lines;
    use super::*;

    /// The table without its colours.
    fn shown(sent: &str, arrived: &str, width: usize) -> String {
        let table = table(&diff(&lines(sent), &lines(arrived)), width);
        anstream::adapter::strip_str(&table).to_string()
    }

    const SENT: &str = "GET /ws HTTP/1.1\nHost: a\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    const ARRIVED: &str = "GET /ws HTTP/1.0\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nhost: a\nVia: 1.1 x";

    #[test]
    fn side_by_side() {
        assert_eq!(
            shown(SENT, ARRIVED, 100),
            "    as it was sent                                 as it arrived
    GET /ws HTTP/1.1                            ~  GET /ws HTTP/1.0
    Host: a                                     a^ host: a
    Upgrade: websocket                          -
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                                                +  Via: 1.1 x
    (- did not arrive, + was added, ~ was changed, a has its name in other letters, ^ stands elsewhere)
"
        );
    }

    #[test]
    fn one_below_the_other_where_it_is_narrow() {
        assert_eq!(
            shown(SENT, ARRIVED, 40),
            "    -  GET /ws HTTP/1.1
    +  GET /ws HTTP/1.0
    -  Host: a
    +  host: a
    -  Upgrade: websocket
       Sec-WebSocket-Key: dGhlIHNhbXBsZ…
    +  Via: 1.1 x
    (- did not arrive, + was added, ~ was changed, a has its name in other letters, ^ stands elsewhere)
"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = format!("{SENT}\nX: {}", "é".repeat(500));
        for width in [72, 80, 100, 200] {
            for line in shown(&long, &format!("{ARRIVED}\nx: {}", "é".repeat(500)), width)
                .lines()
                .filter(|line| !line.contains('('))
            {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
        assert!(shown(&long, &long, 60).lines().all(|line| line.chars().count() <= 60));
        assert_eq!(shown(SENT, SENT, 100).lines().count(), 4, "what arrived as it was sent is shown once");
    }
}
