//! What an answer means. A ws101 is known to answer rightly, so what is wrong was done on the way. Of another server only
//! what RFC 6455 says is known, and much of that is left to it: there it is a note.

use super::super::link::End;
use super::ask::{NOT_UTF8, OURS, Question, Seen};
use crate::protocol::close::{Close, INVALID_PAYLOAD};
use crate::protocol::rules::Violation;

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// As it should be.
    Well,
    /// Worth knowing.
    Note(String),
    /// A hop has taken something away.
    Lost(String),
}

/// Judges one answer. `ws101` is the server's version, if it is one.
pub fn judge(question: Question, seen: &Seen, ws101: Option<&str>) -> Judged {
    match question {
        Question::Ours | Question::Long => answer(seen, ws101.is_some()),
        Question::Theirs => their_close(seen, ws101),
        Question::Fin | Question::Reset => death(seen),
    }
}

/// s7.1.1: "In most normal cases, the TCP connection SHOULD be closed first by the server".
pub fn stays_open(seen: &Seen) -> Option<&'static str> {
    let is_open = seen.close().is_some() && seen.tcp.is_none();
    is_open.then_some("after both Closes TCP stayed open for 2 s and more: s7.1.1 asks the server to end it")
}

/// What it looked like, in few words.
pub fn words(seen: &Seen) -> String {
    seen.end.as_ref().map_or_else(|| "a connection that stays open".to_owned(), ToString::to_string)
}

/// s5.5.1: who gets a Close answers it, and "typically echos the status code it received".
fn answer(seen: &Seen, is_ws101: bool) -> Judged {
    let says = match seen.close() {
        Some(Close { code: Some(OURS), .. }) => return Judged::Well,
        Some(close) => format!("our Close {OURS} was answered by Close {close}"),
        None => format!("our Close {OURS} was not answered: {}", words(seen)),
    };
    if is_ws101 { Judged::Lost(says) } else { Judged::Note(says) }
}

/// What a ws101 of this version says to that text is known to the letter.
fn their_close(seen: &Seen, ws101: Option<&str>) -> Judged {
    let expected = Violation::bad_byte(NOT_UTF8[0], 0).close();
    match (seen.close(), ws101) {
        (Some(close), Some(version)) if version == env!("CARGO_PKG_VERSION") && *close != expected => {
            Judged::Lost(format!("the server said Close {expected}, and Close {close} arrived"))
        }
        (Some(close), _) if close.code == Some(INVALID_PAYLOAD) => Judged::Well,
        (Some(close), _) => {
            Judged::Note(format!("text that is no UTF-8 is answered by Close {close}; s8.1 has 1007 for it"))
        }
        (None, Some(_)) => {
            Judged::Lost(format!("the server said Close {expected}, and no Close arrived: {}", words(seen)))
        }
        (None, None) => Judged::Note(format!("text that is no UTF-8 brings no Close 1007 (s8.1): {}", words(seen))),
    }
}

fn death(seen: &Seen) -> Judged {
    match &seen.end {
        None if seen.echoed => Judged::Well, // this ws101 knows no ?cut
        None => Judged::Note("a hop keeps the client's connection open when the backend dies".to_owned()),
        Some(End::Close(close)) => Judged::Note(format!("when the backend dies a hop makes up a Close: {close}")),
        Some(_) => Judged::Note(
            "a client that loses its backend sees 1006: take it as normal, and reconnect after a jittered wait"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const THIS: Option<&str> = Some(env!("CARGO_PKG_VERSION"));

    fn seen(end: Option<End>) -> Seen {
        let tcp = matches!(end, Some(End::Close(_))).then_some((End::Fin, Duration::ZERO));
        Seen { end, took: Duration::ZERO, tcp, echoed: false }
    }

    fn close(code: u16, reason: &str) -> Seen {
        seen(Some(End::Close(Close::new(code, reason))))
    }

    fn lost(judged: &Judged) -> bool {
        matches!(judged, Judged::Lost(_))
    }

    fn noted(judged: &Judged) -> bool {
        matches!(judged, Judged::Note(_))
    }

    #[test]
    fn a_ws101_echoes_the_code_and_nobody_else_must() {
        for question in [Question::Ours, Question::Long] {
            assert_eq!(judge(question, &close(4001, ""), THIS), Judged::Well);
            assert_eq!(judge(question, &close(4001, "ws101 probe"), None), Judged::Well);
            for wrong in [close(1000, ""), close(1007, "cut"), seen(Some(End::Fin)), seen(None)] {
                assert!(lost(&judge(question, &wrong, THIS)), "{wrong:?}");
                assert!(noted(&judge(question, &wrong, None)), "{wrong:?}");
            }
        }
    }

    #[test]
    fn what_a_ws101_says_is_known_to_the_letter() {
        let reason = "text is not UTF-8: byte ff at 0 of its frame (s8.1)";
        assert_eq!(judge(Question::Theirs, &close(1007, reason), THIS), Judged::Well);
        for wrong in
            [close(1007, ""), close(1007, &reason[..10]), close(1011, reason), seen(Some(End::Fin)), seen(None)]
        {
            assert!(lost(&judge(Question::Theirs, &wrong, THIS)), "{wrong:?}");
        }
        // Another version may have other words.
        assert_eq!(judge(Question::Theirs, &close(1007, "not UTF-8"), Some("9.0.0")), Judged::Well);
    }

    #[test]
    fn of_another_server_only_the_code_is_known() {
        assert_eq!(judge(Question::Theirs, &close(1007, "Invalid frame payload data"), None), Judged::Well);
        for other in [close(1002, ""), seen(Some(End::Reset(String::new()))), seen(None)] {
            assert!(noted(&judge(Question::Theirs, &other, None)), "{other:?}");
        }
    }

    #[test]
    fn a_death_is_never_a_fault() {
        for end in [Some(End::Fin), Some(End::Reset(String::new())), Some(End::Close(Close::new(1011, ""))), None] {
            assert!(noted(&judge(Question::Fin, &seen(end), THIS)));
        }
    }

    #[test]
    fn tcp_that_stays_open_is_told() {
        assert_eq!(stays_open(&close(4001, "")), None);
        assert_eq!(stays_open(&seen(Some(End::Fin))), None);
        assert!(stays_open(&Seen { tcp: None, ..close(4001, "") }).is_some());
    }
}
