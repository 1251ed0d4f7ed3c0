//! What a client asks for in its opening handshake (RFC 6455 s4.1), and the request that says so.
//!
//! The request is a value before it is bytes: a list of fields, in which the user's own take the places of those that would
//! be sent anyway.

use super::url::Url;
use crate::protocol::upgrade::VERSION;
use tungstenite::handshake::client::generate_key;

/// What a user wants to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The Origin field, as a browser sends it (s10.2).
    pub origin: Option<String>,
    /// Subprotocols, the one that is liked best first (s1.9).
    pub protocols: Vec<String>,
    /// More fields, in order, as [`Offer::field`] reads them. One that has the name of another field is sent in its
    /// place. One without a value takes that away: `("Origin", "")`. A semicolon behind the name sends the field without
    /// a value: `("Origin;", "")`.
    pub fields: Vec<(String, String)>,
}

/// The request of an opening handshake. It may hold a password, so it has no form for `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    target: String,
    fields: Vec<(String, String)>,
}

impl Offer {
    /// Reads a field as curl takes it: `Name: value`; `Name:` takes a field away, `Name;` sends it without a value. The
    /// error says what would be right.
    pub fn field(text: &str) -> Result<(String, String), String> {
        const FORM: &str = "a field is 'Name: value'; 'Name:' leaves it out, 'Name;' sends it empty";
        let field = match text.split_once(':') {
            Some((name, value)) => (name.to_owned(), value.trim_matches([' ', '\t']).to_owned()),
            None if text.ends_with(';') => (text.to_owned(), String::new()),
            None => return Err(FORM.to_owned()),
        };
        check_field(&field.0, &field.1).map_err(|why| format!("{why}; {FORM}"))?;
        Ok(field)
    }

    /// Reads the name of a subprotocol. s4.1, 10: "characters in the range U+0021 to U+007E not including separator
    /// characters".
    pub fn protocol(text: &str) -> Result<String, String> {
        if is_token(text) {
            return Ok(text.to_owned());
        }
        Err("the name of a subprotocol is one word of letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 s4.1)".to_owned())
    }

    /// Whether all of it can be sent. The error says why not.
    pub fn check(&self) -> Result<(), String> {
        if self.origin.as_ref().is_some_and(|origin| has_controls(origin)) {
            return Err("Origin has control characters".to_owned());
        }
        for (at, protocol) in self.protocols.iter().enumerate() {
            Offer::protocol(protocol)?;
            // s4.1, 10: "MUST all be unique strings".
            if self.protocols[..at].contains(protocol) {
                return Err(format!("the subprotocol {protocol} is offered twice (RFC 6455 s4.1)"));
            }
        }
        self.fields.iter().try_for_each(|(name, value)| check_field(name, value))
    }

    /// The request to send: what every handshake needs, then what was asked for, then the user's.
    pub fn request(&self, url: &Url) -> Result<Asked, String> {
        self.check()?;
        let mut own = self.fields.clone();
        let mut fields = Vec::new();
        for (name, value) in self.defaults(url) {
            let (changes, others) = own.into_iter().partition(|(changed, _)| bare(changed).eq_ignore_ascii_case(name));
            own = others;
            let changes: Vec<(String, String)> = changes;
            if changes.is_empty() {
                fields.push((name.to_owned(), value));
            } else {
                fields.extend(changes);
            }
        }
        fields.extend(own);
        let sent = fields.into_iter().filter(|(name, value)| name.ends_with(';') || !value.is_empty());
        let fields = sent.map(|(name, value)| (bare(&name).to_owned(), value)).collect();
        Ok(Asked { target: url.target(), fields })
    }

    fn defaults(&self, url: &Url) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("Host", url.authority.clone()),
            ("User-Agent", format!("ws101/{}", env!("CARGO_PKG_VERSION"))),
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Version", VERSION.to_owned()),
            ("Sec-WebSocket-Key", generate_key()),
        ];
        if let Some(origin) = &self.origin {
            fields.push(("Origin", origin.clone()));
        }
        if !self.protocols.is_empty() {
            fields.push(("Sec-WebSocket-Protocol", self.protocols.join(", ")));
        }
        fields.extend(url.authorization().map(|value| ("Authorization", value)));
        fields
    }
}

impl Asked {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        let mut head = format!("GET {} HTTP/1.1\r\n", self.target);
        for (name, value) in &self.fields {
            let space = if value.is_empty() { "" } else { " " };
            head.push_str(&format!("{name}:{space}{value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The key that is sent; `None` when the user took it away.
    pub fn key(&self) -> Option<&str> {
        self.values("sec-websocket-key").next()
    }

    /// Whether this subprotocol is offered, in these letters.
    pub fn offers_protocol(&self, name: &str) -> bool {
        self.elements("sec-websocket-protocol").any(|offered| offered == name)
    }

    /// Whether this extension is offered, with whatever parameters.
    pub fn offers_extension(&self, name: &str) -> bool {
        self.elements("sec-websocket-extensions").any(|offered| offered.split(';').next().map(str::trim) == Some(name))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn elements(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim).filter(|element| !element.is_empty())
    }
}

/// A name without the semicolon that may stand behind it.
fn bare(name: &str) -> &str {
    name.strip_suffix(';').unwrap_or(name)
}

fn check_field(name: &str, value: &str) -> Result<(), String> {
    if !is_token(bare(name)) {
        return Err("a field's name is one word of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 s5.1)".to_owned());
    }
    if has_controls(value) {
        // A line break would begin another field, or end the head.
        return Err(format!("the value of {} has control characters (RFC 9110 s5.5)", bare(name)));
    }
    Ok(())
}

/// RFC 9110 s5.6.2.
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// A tab is allowed inside of a value.
fn has_controls(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn fields(texts: &[&str]) -> Vec<(String, String)> {
        texts.iter().map(|text| Offer::field(text).expect(text)).collect()
    }

    /// The request as text, with the version and the random key written as words.
    fn sent(offer: &Offer, text: &str) -> String {
        let asked = offer.request(&url(text)).expect("a request");
        let head = String::from_utf8(asked.encode()).expect("text");
        let head = head.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        asked.key().map_or(head.clone(), |key| head.replace(key, "KEY")).replace("\r\n", "\n")
    }

    #[test]
    fn all_that_can_be_asked_in_its_order() {
        let offer = Offer {
            origin: Some("https://a".to_owned()),
            protocols: vec!["chat".to_owned(), "talk".to_owned()],
            fields: fields(&["Cookie: a=b", "X-Empty;"]),
        };
        assert_eq!(
            sent(&offer, "wss://me:secret@a:9/ws?b"),
            "GET /ws?b HTTP/1.1\nHost: a:9\nUser-Agent: ws101/VERSION\nUpgrade: websocket\nConnection: Upgrade\n\
             Sec-WebSocket-Version: 13\nSec-WebSocket-Key: KEY\nOrigin: https://a\nSec-WebSocket-Protocol: chat, talk\n\
             Authorization: Basic bWU6c2VjcmV0\nCookie: a=b\nX-Empty:\n\n"
        );
    }

    #[test]
    fn the_users_fields_stand_where_the_defaults_would() {
        let own =
            ["host: other", "USER-AGENT:", "Connection;", "sec-websocket-key: mine", "X-Not-There:", "b: 1", "b: 2"];
        let offer = Offer { fields: fields(&own), ..Offer::default() };
        assert_eq!(
            sent(&offer, "ws://a"),
            "GET / HTTP/1.1\nhost: other\nUpgrade: websocket\nConnection:\nSec-WebSocket-Version: 13\n\
             sec-websocket-key: KEY\nb: 1\nb: 2\n\n"
        );
        assert_eq!(offer.request(&url("ws://a")).expect("a request").key(), Some("mine"));
        let none = Offer { fields: fields(&["Sec-WebSocket-Key:"]), ..Offer::default() };
        assert_eq!(none.request(&url("ws://a")).expect("a request").key(), None);
    }

    #[test]
    fn what_is_offered_by_hand_is_offered() {
        let own = ["Sec-WebSocket-Protocol: a,b", "Sec-WebSocket-Extensions: x; y=1, z"];
        let asked = Offer { fields: fields(&own), ..Offer::default() }.request(&url("ws://a")).expect("a request");
        assert!(asked.offers_protocol("b") && !asked.offers_protocol("B") && !asked.offers_protocol("a,b"));
        assert!(asked.offers_extension("x") && asked.offers_extension("z") && !asked.offers_extension("y"));
    }

    #[test]
    fn fields_are_read_as_curl_reads_them() {
        let read = |text| Offer::field(text).map(|(name, value)| format!("{name}={value}"));
        assert_eq!(read("A:  b: c \t").as_deref(), Ok("A=b: c"));
        assert_eq!(read("A:").as_deref(), Ok("A="));
        assert_eq!(read("A;").as_deref(), Ok("A;="));
        assert_eq!(read("A: é\tb").as_deref(), Ok("A=é\tb"));
        for wrong in
            ["", ":", ";", "A", "A b: c", "A : c", " A: b", "A: b\r\nC: d", "A: b\n", "A: \0", "A: \x7f", "é: b"]
        {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_that_would_break_the_request_is_sent() {
        let at = url("ws://a");
        for offer in [
            Offer { origin: Some("a\r\nb: c".to_owned()), ..Offer::default() },
            Offer { protocols: vec!["a b".to_owned()], ..Offer::default() },
            Offer { protocols: vec![String::new()], ..Offer::default() },
            Offer { protocols: vec!["a".to_owned(), "a".to_owned()], ..Offer::default() },
            Offer { fields: vec![("a".to_owned(), "b\nc".to_owned())], ..Offer::default() },
            Offer { fields: vec![("a\r\nb".to_owned(), "c".to_owned())], ..Offer::default() },
        ] {
            assert!(offer.request(&at).is_err(), "{offer:?}");
        }
    }
}
