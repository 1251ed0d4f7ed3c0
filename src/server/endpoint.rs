//! What a WebSocket endpoint says: a message in, the reply out. Pure.

use super::route::Endpoint;
use crate::protocol::session::Message;
use tungstenite::Bytes;

/// The first message on a new connection, when the server has a name.
pub fn greeting(name: &str) -> Message {
    Message::Text(format!("[{name}] hello :) type a message and press ENTER").into())
}

/// The reply to `message`. Without a name an echo is the very same bytes, and nothing is copied.
pub fn reply(endpoint: Endpoint, name: Option<&str>, message: Message) -> Message {
    match (endpoint, name, message) {
        (Endpoint::Echo, Some(name), Message::Text(text)) => Message::Text(format!("[{name}] {text}").into()),
        (Endpoint::Echo, _, message) => message,
        (Endpoint::Processed, _, Message::Text(text)) => Message::Text(format!("Processed: {text}").into()),
        (Endpoint::Processed, _, Message::Binary(bytes)) => {
            Message::Binary(Bytes::from([b"Processed: ", bytes.as_ref()].concat()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies() {
        let text = || Message::Text("hi".into());
        let binary = || Message::Binary(Bytes::from_static(b"\xff"));
        assert_eq!(reply(Endpoint::Echo, None, text()), text());
        assert_eq!(reply(Endpoint::Echo, Some("A"), text()), Message::Text("[A] hi".into()));
        assert_eq!(reply(Endpoint::Echo, Some("A"), binary()), binary());
        assert_eq!(reply(Endpoint::Processed, Some("A"), text()), Message::Text("Processed: hi".into()));
        assert_eq!(reply(Endpoint::Processed, None, binary()).payload(), b"Processed: \xff");
    }
}
