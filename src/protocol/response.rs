//! An HTTP response as bytes: status line, header fields, body (RFC 9112 s4).

/// A response that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The three digits.
    pub status: u16,
    /// Header fields in order, besides those that [`Response::encode`] adds.
    pub fields: Vec<(&'static str, String)>,
    /// The content. A response that may not have any (1xx, 204) is written without.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a body of a content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        Response { status, fields: vec![("Content-Type", content_type.to_owned())], body: body.into() }
    }

    /// A response without content: the 101, a 204, or the head of one whose body follows in parts.
    pub fn head_only(status: u16) -> Response {
        Response { status, fields: Vec::new(), body: Vec::new() }
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.fields.push((name, value.into()));
        self
    }

    /// Adds an element to a field that is a list, or the field itself when it is not there yet: a 426 has
    /// `Connection: Upgrade`, and it may have to say `close` as well.
    #[must_use]
    pub fn with_list_element(mut self, name: &'static str, element: &str) -> Response {
        match self.fields.iter_mut().find(|(field, _)| *field == name) {
            Some((_, list)) => *list = format!("{list}, {element}"),
            None => self.fields.push((name, element.to_owned())),
        }
        self
    }

    /// The bytes for the wire. `to_head`: the request was HEAD, so the body stays away and its length stays there
    /// (RFC 9110 s9.3.2).
    pub fn encode(&self, to_head: bool) -> Vec<u8> {
        let mut bytes = self.status_line_and_fields();
        // RFC 9110 s8.6: no Content-Length in a response with a status of 1xx or 204.
        if self.status >= 200 && self.status != 204 {
            push_field(&mut bytes, "Content-Length", &self.body.len().to_string());
        }
        bytes.extend_from_slice(b"\r\n");
        if !to_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    /// The head alone, of a response whose body follows in parts and has no length that is known.
    pub fn encode_head(&self) -> Vec<u8> {
        let mut bytes = self.status_line_and_fields();
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    fn status_line_and_fields(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, phrase(self.status)).into_bytes();
        for (name, value) in &self.fields {
            push_field(&mut bytes, name, value);
        }
        bytes
    }
}

/// Not a response yet: the request's body is wanted now (RFC 9110 s10.1.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn push_field(bytes: &mut Vec<u8>, name: &str, value: &str) {
    // Whatever a value was made of, it can't begin a line of its own.
    debug_assert!(!value.contains(['\r', '\n']), "a line break in {name}");
    for part in [name, ": ", value, "\r\n"] {
        bytes.extend_from_slice(part.as_bytes());
    }
}

/// The words after a status (RFC 9110 s15, RFC 6585). Clients ignore them; people don't.
pub fn phrase(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_response() {
        let response = Response::new(404, "text/plain", "gone").with_field("Connection", "close");
        let head =
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 4\r\n\r\n";
        assert_eq!(response.encode(false), format!("{head}gone").into_bytes());
        assert_eq!(response.encode(true), head.as_bytes());
    }

    #[test]
    fn a_101_has_no_content_length() {
        let response = Response::head_only(101).with_field("Upgrade", "websocket");
        assert_eq!(response.encode(false), b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    }
}
