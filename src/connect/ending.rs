//! Who ended it, and why: the question behind every 1006.
//!
//! A browser's script learns a number. Here is told whether a Close frame came, from whom, and what TCP did after it or
//! instead of it, and after how long a silence.

use crate::protocol::close::{Close, TOO_BIG};
use crate::protocol::rules::Violation;
use std::time::Duration;

/// Silence after which the end is probably somebody's idle timeout. Those of proxies are rarely shorter; what crashes
/// mostly does so while it has something to do.
const LONG_SILENCE: Duration = Duration::from_millis(4500);

/// What ended the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The server's Close came first, and ours answered it.
    ServerClosed(Close),
    /// Our Close came first.
    WeClosed {
        /// What it said.
        ours: Close,
        /// What the server answered.
        answer: Close,
    },
    /// Our Close was sent, and none came back.
    CloseUnanswered {
        /// What it said.
        ours: Close,
        /// What came instead.
        instead: Cut,
    },
    /// The server broke a rule of the protocol, and our Close told it so.
    Broken(Violation),
    /// The same, after our Close: nothing may follow that (s5.5.1), so the server was not told.
    BrokenAfterClose(Violation),
    /// TCP or TLS ended without a Close.
    Cut(Cut),
    /// A Ping was not answered, by nothing at all, in this time.
    NoAnswerToPing(Duration),
    /// The server did not accept what was written in this time.
    NotTaken(Duration),
    /// A message was waited for and none came, in this time.
    NoMessage(Duration),
    /// It ended in good order, but before the message that was waited for.
    WithoutMessage(Box<Ending>),
    /// This end could not go on, for a reason of its own.
    Ours(String),
    /// A signal while the server's Close was waited for.
    Interrupted,
}

/// How a connection ended below the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// The end of TCP in good order.
    Fin {
        /// Since when nothing had passed, in either direction.
        silence: Duration,
        /// Whether TLS was ended before it; `None`: there was none.
        close_notify: Option<bool>,
    },
    /// TCP was reset, or broke otherwise.
    Reset {
        /// Since when nothing had passed.
        silence: Duration,
        /// What the system says.
        error: String,
    },
    /// TLS could not go on.
    Tls(String),
    /// Nothing: this end did not wait longer.
    Nothing(Duration),
}

impl Ending {
    /// s7.1.4: "If the TCP connection is closed after the WebSocket closing handshake was completed, the WebSocket
    /// connection is said to have been closed _cleanly_."
    pub fn is_clean(&self) -> bool {
        matches!(self, Ending::ServerClosed(_) | Ending::WeClosed { .. })
    }

    /// The close code as a browser's script would see it (s7.1.5): what the server's Close says, 1005 for one without a
    /// code, 1006 for none.
    pub fn code(&self) -> u16 {
        match self {
            Ending::ServerClosed(close) | Ending::WeClosed { answer: close, .. } => close.code.unwrap_or(1005),
            Ending::WithoutMessage(ending) => ending.code(),
            _ => 1006,
        }
    }

    /// Which end began it: `server`, `client`, or nobody knows.
    pub fn by(&self) -> Option<&'static str> {
        match self {
            Ending::ServerClosed(_) => Some("server"),
            Ending::WeClosed { .. } | Ending::CloseUnanswered { .. } => Some("client"),
            Ending::Broken(_) | Ending::BrokenAfterClose(_) => Some("client"),
            Ending::NoMessage(_) | Ending::Ours(_) | Ending::Interrupted => Some("client"),
            Ending::WithoutMessage(ending) => ending.by(),
            Ending::Cut(_) | Ending::NoAnswerToPing(_) | Ending::NotTaken(_) => None,
        }
    }

    /// The sentence for a person.
    pub fn words(&self) -> String {
        match self {
            Ending::ServerClosed(close) => format!("server closed: {close}"),
            // An answer echoes the code (s5.5.1). Many servers echo the reason too.
            Ending::WeClosed { ours, answer }
                if answer == ours || *answer == Close { reason: String::new(), ..*ours } =>
            {
                format!("closed: {ours}, answered by the server")
            }
            Ending::WeClosed { ours, answer } => format!("closed: {ours}; the server answered {answer}"),
            Ending::CloseUnanswered { ours, instead } => {
                format!(
                    "closed: {ours}; the server did not answer with a Close (RFC 6455 s5.5.1), {}",
                    instead.instead()
                )
            }
            Ending::Broken(violation) => broken(violation),
            Ending::BrokenAfterClose(Violation { why, section, .. }) => {
                format!("the server broke the protocol after our Close: {why} (RFC 6455 {section})")
            }
            Ending::Cut(cut) => cut.words(),
            Ending::NoAnswerToPing(time) => {
                format!("nothing came in {time:?} after a Ping (--ping-timeout): the connection is dead (1006)")
            }
            Ending::NotTaken(time) => {
                format!("the server did not take what was written in {time:?}: it does not read, or the network is cut")
            }
            Ending::NoMessage(time) => format!("no message came in {time:?}; --wait waits longer"),
            Ending::WithoutMessage(ending) => format!("{}; no message had come (-1)", ending.words()),
            Ending::Ours(why) => why.clone(),
            Ending::Interrupted => "ended by a signal, without waiting for the server's Close".to_owned(),
        }
    }
}

fn broken(violation: &Violation) -> String {
    let Violation { code, why, section } = violation;
    if *code == TOO_BIG {
        return format!(
            "{why} (RFC 6455 {section}); the server was told so with a Close {code}. --max-message takes more"
        );
    }
    format!("the server broke the protocol: {why} (RFC 6455 {section}); it was told so with a Close {code}")
}

impl Cut {
    fn words(&self) -> String {
        match self {
            Cut::Fin { silence, close_notify } => {
                let tls = match close_notify {
                    Some(false) => ", and TLS was not ended either: cut off on the way",
                    _ => "",
                };
                let (silence_words, likely) = (silence_words(*silence), likely(*silence));
                let how = if *close_notify == Some(true) { "ended TLS (close_notify)" } else { "sent FIN" };
                format!("server {how} without a Close frame {silence_words} (1006){tls}{likely}")
            }
            Cut::Reset { silence, error } => {
                let silence_words = silence_words(*silence);
                format!("reset without a Close frame {silence_words} (1006): {error}{}", likely(*silence))
            }
            Cut::Tls(why) => format!("TLS: {why}; no Close frame had come (1006)"),
            Cut::Nothing(time) => format!("nothing came in {time:?} (1006)"),
        }
    }

    fn instead(&self) -> String {
        match self {
            Cut::Fin { .. } => "it ended TCP".to_owned(),
            Cut::Reset { error, .. } => format!("the connection was reset: {error}"),
            Cut::Tls(why) => format!("TLS broke: {why}"),
            Cut::Nothing(time) => format!("and {time:?} have passed (--close-timeout)"),
        }
    }
}

fn silence_words(silence: Duration) -> String {
    format!("after {:.1} s of silence", silence.as_secs_f64())
}

fn likely(silence: Duration) -> &'static str {
    if silence >= LONG_SILENCE {
        ": often a proxy's idle timeout; a --ping-interval below it keeps such a connection alive"
    } else {
        ": the server ended or crashed, or a proxy in between gave up"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_name_who_and_why() {
        let minute = Duration::from_secs(60);
        let fin = |silence, close_notify| Ending::Cut(Cut::Fin { silence, close_notify }).words();
        for (sentence, part) in [
            (
                Ending::ServerClosed(Close::new(1001, "restarting")).words(),
                "server closed: 1001 going away \"restarting\"",
            ),
            (
                fin(minute, None),
                "FIN without a Close frame after 60.0 s of silence (1006): often a proxy's idle timeout",
            ),
            (fin(Duration::from_secs(2), None), "after 2.0 s of silence (1006): the server ended or crashed"),
            (fin(Duration::from_secs(5), None), "after 5.0 s of silence (1006): often a proxy's idle timeout"),
            (fin(Duration::ZERO, None), "after 0.0 s of silence (1006): the server ended or crashed"),
            (fin(Duration::ZERO, Some(false)), "TLS was not ended either"),
            (Ending::NotTaken(minute).words(), "did not take what was written in 60s"),
        ] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn an_answer_is_repeated_when_it_says_something_else() {
        let ours = Close::new(4001, "bye");
        let words = |answer| Ending::WeClosed { ours: ours.clone(), answer }.words();
        for echo in [ours.clone(), Close::new(4001, "")] {
            assert!(words(echo).ends_with("\"bye\", answered by the server"));
        }
        assert!(words(Close::new(4001, "so long")).contains("; the server answered 4001"));
        assert!(words(Close::default()).contains("; the server answered no code"));
    }

    #[test]
    fn a_fault_after_our_close_was_told_to_nobody() {
        let violation = Violation::protocol("s5.1", "a mask");
        let before = Ending::Broken(violation.clone()).words();
        assert!(before.ends_with("a mask (RFC 6455 s5.1); it was told so with a Close 1002"), "{before}");
        let after = Ending::BrokenAfterClose(violation).words();
        assert!(after.ends_with("after our Close: a mask (RFC 6455 s5.1)"), "{after}");
    }

    #[test]
    fn only_a_whole_closing_handshake_is_clean() {
        let close = Close::new(1011, "");
        assert!(Ending::ServerClosed(close.clone()).is_clean());
        assert!(Ending::WeClosed { ours: close.clone(), answer: Close::default() }.is_clean());
        let unanswered = Ending::CloseUnanswered { ours: close, instead: Cut::Nothing(Duration::from_secs(5)) };
        for ending in [unanswered, Ending::Interrupted, Ending::Cut(Cut::Tls(String::new()))] {
            assert!(!ending.is_clean(), "{ending:?}");
            assert_eq!(ending.code(), 1006);
        }
    }
}
