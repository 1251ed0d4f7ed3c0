//! Text that is sent again and again, each time a little different: `tick {count} at {time}`.

use std::time::SystemTime;

/// A text with places to fill: `{time}` is the moment of sending (RFC 3339, UTC, milliseconds), `{count}` the number of the
/// message, from 1. `{{` stands for `{`; a `}` outside a place is a `}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Time,
    Number,
}

impl Template {
    /// Reads it. An error names the word that is not known and those that are.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let (part, after) = place(after)?;
            parts.extend([Part::Text(std::mem::take(&mut plain)), part]);
            rest = after;
        }
        parts.push(Part::Text(plain + rest));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Template { parts })
    }

    /// The text of the message number `n`, sent at `now`.
    pub fn fill(&self, n: u64, now: SystemTime) -> String {
        let filled = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Time => humantime::format_rfc3339_millis(now).to_string(),
            Part::Number => n.to_string(),
        });
        filled.collect()
    }
}

/// What stands behind a `{`: the place, and the text after its `}`.
fn place(rest: &str) -> Result<(Part, &str), String> {
    let hint = "known are {time} and {count}, and {{ is a brace that is sent";
    let (word, after) = rest.split_once('}').ok_or_else(|| format!("a {{ without its }}: {hint}"))?;
    match word {
        "time" => Ok((Part::Time, after)),
        "count" => Ok((Part::Number, after)),
        other => Err(format!("{{{}}} is not known: {hint}", other.escape_debug())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn filled(text: &str) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        Template::parse(text).expect(text).fill(7, now)
    }

    #[test]
    fn places_are_filled_and_the_rest_stays() {
        assert_eq!(filled("tick {count} at {time}!"), "tick 7 at 2023-11-14T22:13:20.123Z!");
        assert_eq!(filled("{count}{count}"), "77");
        assert_eq!(filled("plain é"), "plain é");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn two_braces_are_one_that_is_sent() {
        assert_eq!(filled("{{\"n\":{count}}"), "{\"n\":7}");
        assert_eq!(filled("{{count}"), "{count}");
        assert_eq!(filled("{{{count}"), "{7");
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        for wrong in ["{date}", "{", "a {n", "{}", "{ n }"] {
            let why = Template::parse(wrong).expect_err(wrong);
            assert!(why.contains("{time} and {count}") && why.contains("{{"), "{why}");
        }
        assert!(Template::parse("{date}").expect_err("date").starts_with("{date} is not known"));
        assert!(Template::parse("{\u{1b}[2J}").expect_err("ESC").starts_with("{\\u{1b}[2J} is not known"));
    }
}
