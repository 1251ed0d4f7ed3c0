//! Answers to the opening handshake.

use crate::check::link::{Answer, End};
use crate::client::response::Head;

/// Why an answer is not 101. A page and a refusal tell nothing of their own: which request brought them does.
pub fn of_no_101(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Head(head) if is_page(head) && head.value("sec-websocket-accept").is_some() => Some(
            "the fields are those of an upgrade, and the status is not: it has to be 101 Switching Protocols"
                .to_owned(),
        ),
        _ => of_answer(answer),
    }
}

/// Why an answer does not refuse.
pub fn of_no_refusal(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Head(head) if is_page(head) => {
            Some("2xx says that all is well, and the client waits for a page: say 4xx".to_owned())
        }
        _ => of_answer(answer),
    }
}

fn is_page(head: &Head) -> bool {
    (200..300).contains(&head.status)
}

/// Why an answer is none.
pub fn of_answer(answer: &Answer) -> Option<String> {
    let words = match answer {
        Answer::Cut(_) => {
            "the head of the answer has no end: behind the last field comes an empty line, \\r\\n\\r\\n in all"
        }
        Answer::NotHttp(_) => {
            "an answer begins with a line as \"HTTP/1.1 101 Switching Protocols\", and each field is a name, a colon and a value"
        }
        Answer::End(End::Silence(_)) => {
            "the server waits for more, though the empty line has come that ends a request; or an error has stopped what \
             serves this connection, and left it open: see what it printed last"
        }
        _ => return None,
    };
    Some(words.to_owned())
}
