//! What a WebSocket endpoint does with a message: a message in, the reaction out. Pure.

use super::route::Endpoint;
use crate::protocol::close::{Close, UNSUPPORTED_DATA};
use crate::protocol::session::Message;
use tungstenite::Bytes;

/// What follows a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A message for the client that sent it.
    Reply(Message),
    /// An event for everybody.
    Publish(String),
    /// The end: such a message is not taken here.
    Refuse(Close),
}

/// The first message on a new connection, when the server has a name.
pub fn greeting(name: &str) -> Message {
    Message::Text(format!("[{name}] hello :) type a message and press ENTER").into())
}

/// The reaction to `message`. Without a name an echo is the very same bytes, and nothing is copied.
pub fn react(endpoint: Endpoint, name: Option<&str>, message: Message) -> Reaction {
    match (endpoint, message) {
        (Endpoint::Feed, Message::Text(text)) => Reaction::Publish(text.as_str().to_owned()),
        // s7.4.1: 1003 is for "a type of data it cannot accept (e.g., an endpoint that understands only text data MAY send
        // this if it receives a binary message)".
        (Endpoint::Feed, Message::Binary(_)) => {
            Reaction::Refuse(Close::new(UNSUPPORTED_DATA, "an event is text; this message was binary (s7.4.1)"))
        }
        (_, message) => Reaction::Reply(reply(endpoint, name, message)),
    }
}

fn reply(endpoint: Endpoint, name: Option<&str>, message: Message) -> Message {
    match (endpoint, name, message) {
        (Endpoint::Echo | Endpoint::Live, Some(name), Message::Text(text)) => {
            Message::Text(format!("[{name}] {text}").into())
        }
        (Endpoint::Echo | Endpoint::Live | Endpoint::Feed, _, message) => message,
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
        assert_eq!(react(Endpoint::Live, Some("A"), text()), Reaction::Reply(Message::Text("[A] hi".into())));
    }

    #[test]
    fn the_feed_takes_text_only() {
        let message = |text: &'static str| Message::Text(text.into());
        assert_eq!(react(Endpoint::Feed, Some("A"), message("hi")), Reaction::Publish("hi".to_owned()));
        let Reaction::Refuse(close) = react(Endpoint::Feed, None, Message::Binary(Bytes::new())) else { panic!() };
        assert_eq!(close.code, Some(1003));
    }
}
