//! A request that can be changed in every part: the right one first, and then what a case makes of it.

use crate::protocol::upgrade::VERSION;

/// The key of RFC 6455 s1.3.
pub const SAMPLE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The head of a request. Nothing is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Ask {
    /// `GET`.
    pub method: String,
    /// The path, and the query.
    pub target: String,
    /// `HTTP/1.1`.
    pub version: String,
    /// The fields, in their order.
    pub fields: Vec<(String, String)>,
}

impl Ask {
    /// The request of an opening handshake (RFC 6455 s4.1).
    pub fn upgrade(target: &str, host: &str, key: &str) -> Ask {
        let fields = [
            ("Host", host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", VERSION),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ask { method: "GET".to_owned(), target: target.to_owned(), version: "HTTP/1.1".to_owned(), fields }
    }

    /// The same with this value instead of the one it has, in the same place; at the end if there is none.
    pub fn with(mut self, name: &str, value: &str) -> Ask {
        match self.fields.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
            Some((_, own)) => *own = value.to_owned(),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The same with one more field at the end, whether there is one of this name or not.
    pub fn and(mut self, name: &str, value: &str) -> Ask {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without this field.
    pub fn without(mut self, name: &str) -> Ask {
        self.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// The key that is sent; nothing when there is none.
    pub fn key(&self) -> &str {
        let key = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
        key.map_or("", |(_, value)| value.trim_matches([' ', '\t']))
    }

    /// The bytes, with a blank behind each colon, as every client has it.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(": ")
    }

    /// The bytes without these blanks.
    pub fn encode_without_blanks(&self) -> Vec<u8> {
        self.encode_with(":")
    }

    fn encode_with(&self, colon: &str) -> Vec<u8> {
        let mut head = format!("{} {} {}\r\n", self.method, self.target, self.version);
        self.fields.iter().for_each(|(name, value)| head.push_str(&format!("{name}{colon}{value}\r\n")));
        head.push_str("\r\n");
        head.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_changed_part_by_part() {
        let ask = Ask::upgrade("/", "a", SAMPLE_KEY);
        assert_eq!(ask.key(), SAMPLE_KEY);
        let ask = ask.with("connection", "keep-alive, Upgrade").and("X", "1").without("host");
        assert_eq!(
            String::from_utf8(ask.encode()).expect("text"),
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: \
             dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX: 1\r\n\r\n"
        );
    }
}
