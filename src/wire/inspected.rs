//! How a request arrived, told to who sent it: the first message of a WebSocket that was opened with `?inspect=1`, and a
//! part of every refusal in JSON. The server writes it, `probe` reads it.
//!
//! Secrets are starred and bytes are escaped before they come here: this goes over the wire, to whoever asked. Who reads it
//! does both again: it may come from somebody who only claims to be a ws101.

use super::{escape, secrets};
use serde::{Deserialize, Serialize};

/// The longest JSON that is read: many times as long as a head may be.
const MAX_TEXT: usize = 1 << 20;

/// The most lines that are read of a request: a server that tells of more means no good.
const MAX_LINES: usize = 256;

/// The most characters of a line, and of anything else.
const MAX_LINE: usize = 16 << 10;
const MAX_WORD: usize = 200;

/// One request, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    /// The version of the ws101 that tells this.
    pub ws101: String,
    /// Its name, if it has one (`--name`).
    #[serde(default)]
    pub name: Option<String>,
    /// Who opened the TCP connection to the server: the last hop.
    pub peer: String,
    /// Who the server takes for the client: the peer, or whom `--proxy-protocol` or `--behind-proxy` names.
    pub client: String,
    /// What a header of the PROXY protocol said, in words; none was there, or none was asked for: nothing.
    #[serde(default)]
    pub proxy_protocol: Option<String>,
    /// The request line and the fields, a line each, in their order and case.
    pub request_as_it_arrived: Vec<String>,
}

impl Inspected {
    /// The JSON of a message. It begins with the version, so that a person sees what it is.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Inspected::json`] has written, or finds it in a refusal. Anything else is `None`. What it says is safe
    /// for a terminal, whoever wrote it.
    pub fn parse(text: &[u8]) -> Option<Inspected> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let mut told: Inspected = serde_json::from_slice(text).ok()?;
        told.request_as_it_arrived.truncate(MAX_LINES);
        let words = [&mut told.ws101, &mut told.peer, &mut told.client].into_iter();
        words.chain(&mut told.name).chain(&mut told.proxy_protocol).for_each(|word| *word = safe(word, MAX_WORD));
        told.request_as_it_arrived.iter_mut().for_each(|line| *line = safe(line, MAX_LINE));
        told.request_as_it_arrived = starred(&told.request_as_it_arrived);
        Some(told)
    }
}

/// The lines of a head, with stars where a secret stands. No line has a line break: they are escaped.
fn starred(lines: &[String]) -> Vec<String> {
    let starred = secrets::starred(lines.join("\n").as_bytes());
    let lines = starred.split(|byte| *byte == b'\n').take(lines.len());
    lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

/// The beginning of it, escaped.
fn safe(text: &str, most: usize) -> String {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    escape::again(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let inspected = Inspected {
            ws101: "0.1.0".to_owned(),
            name: Some("A".to_owned()),
            peer: "127.0.0.1:50000".to_owned(),
            client: "203.0.113.9".to_owned(),
            proxy_protocol: None,
            request_as_it_arrived: vec!["GET /ws HTTP/1.1".to_owned(), "Host: a".to_owned()],
        };
        let json = inspected.json();
        assert!(json.starts_with(r#"{"ws101":"0.1.0","name":"A","#), "{json}");
        assert_eq!(Inspected::parse(json.as_bytes()), Some(inspected));
    }

    #[test]
    fn what_another_wrote_moves_no_cursor_and_what_is_escaped_stays() {
        let told = r#"{"ws101":"1\u001b[2J","peer":"a","client":"b","request_as_it_arrived":["X: \\x80\"'\u202e"]}"#;
        let told = Inspected::parse(told.as_bytes()).expect("an inspection");
        assert_eq!(told.ws101, "1\\u{1b}[2J");
        assert_eq!(told.request_as_it_arrived, [r#"X: \x80"'\u{202e}"#]);
    }

    /// A ws101 stars them itself. Another might tell them for everybody to read.
    #[test]
    fn secrets_are_starred_whoever_tells_of_them() {
        let lines = r#"["GET / HTTP/1.1", "cookie: a=b", " c", "", "Authorization : Basic dTpw", "X: y\nCookie: z"]"#;
        let told = format!(r#"{{"ws101":"1","peer":"a","client":"b","request_as_it_arrived":{lines}}}"#);
        let told = Inspected::parse(told.as_bytes()).expect("an inspection").request_as_it_arrived;
        assert_eq!(told, ["GET / HTTP/1.1", "cookie: ***", " *", "", "Authorization : ***** ****", "X: y\\nCookie: z"]);
        let none = br#"{"ws101":"1","peer":"a","client":"b","request_as_it_arrived":[]}"#;
        assert!(Inspected::parse(none).expect("an inspection").request_as_it_arrived.is_empty());
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let line = format!(r#""X: {}""#, "y".repeat(MAX_TEXT));
        for (lines, is_read) in [("", true), (line.as_str(), false)] {
            let told = format!(r#"{{"ws101":"1","peer":"a","client":"b","request_as_it_arrived":[{lines}]}}"#);
            assert_eq!(Inspected::parse(told.as_bytes()).is_some(), is_read, "{}", told.len());
        }
    }

    #[test]
    fn other_messages_are_none() {
        for other in ["", "Hello", "{}", "[A] hello", r#"{"ws101":"1"}"#] {
            assert_eq!(Inspected::parse(other.as_bytes()), None, "{other}");
        }
    }
}
