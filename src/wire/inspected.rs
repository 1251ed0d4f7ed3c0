//! How a request arrived, told to who sent it: the first message of a WebSocket that was opened with `?inspect=1`, and a
//! part of every refusal in JSON. The server writes it, `probe` reads it.
//!
//! Secrets are starred and bytes are escaped before they come here: this goes over the wire, to whoever asked.

use serde::{Deserialize, Serialize};

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

    /// Reads what [`Inspected::json`] has written, or finds it in a refusal. Anything else is `None`.
    pub fn parse(text: &[u8]) -> Option<Inspected> {
        serde_json::from_slice(text).ok()
    }
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
    fn other_messages_are_none() {
        for other in ["", "Hello", "{}", "[A] hello", r#"{"ws101":"1"}"#] {
            assert_eq!(Inspected::parse(other.as_bytes()), None, "{other}");
        }
    }
}
