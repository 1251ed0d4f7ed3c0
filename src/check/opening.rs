//! The opening handshake, asked for and judged: what the cases of the stages 1 to 4 have in common.

use super::ask::Ask;
use super::case::{Failure, Stop, Verdict, because};
use super::cause;
use super::link::{Answer, End, Link};
use super::trial::Trial;
use crate::client::response::Head;
use crate::wire::escape;
use tungstenite::handshake::derive_accept_key;

/// Names subprotocols.
pub const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// What the proof in the answer is made of.
const KEY: &str = "Sec-WebSocket-Key";

/// Names extensions.
pub const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// How much of a wrong value is repeated.
const EXCERPT: usize = 80;

impl Trial<'_> {
    /// A request on a connection of its own.
    pub fn asked(&mut self, ask: &Ask) -> Result<Link, Stop> {
        let mut link = self.connect()?;
        link.send_head(ask);
        Ok(link)
    }

    /// The request has to become a WebSocket. The cause is what most likely keeps a server from it that answers, or ends the
    /// connection.
    pub fn granted(&mut self, ask: &Ask, cause: &str) -> Result<Head, Stop> {
        match self.asked(ask)?.expect_101() {
            Err(Stop::Failed(failure)) if failure.cause.is_none() => {
                let cause = self.why_refused(ask, cause);
                Err(failure.because(cause).into())
            }
            result => result,
        }
    }

    /// This cause, unless a request in which nothing is unusual is refused as well.
    fn why_refused<'b>(&self, ask: &Ask, cause: &'b str) -> &'b str {
        // What it asks is none of the case's messages.
        let mut aside = Trial::new(self.settings, "aside");
        let plain = aside.ask();
        if aside.is_granted(&plain.encode()) {
            return cause;
        }
        let is_plain = plain.clone().without(KEY) == ask.clone().without(KEY);
        match aside.is_granted(&plain.encode_without_blanks()) {
            true => {
                "the handshake is granted only when no blank stands behind the colons: trim each value (RFC 9112 s5.1)"
            }
            false if is_plain => cause,
            false => "an opening handshake with nothing unusual in it is refused as well: see ws/4.2.2/1",
        }
    }

    fn is_granted(&mut self, request: &[u8]) -> bool {
        let Ok(mut link) = self.connect() else { return false };
        link.send_bytes(request);
        link.answer().status() == Some(101)
    }

    /// The request must not become a WebSocket. The cause is what most likely makes a server grant it.
    pub fn refused(&mut self, ask: &Ask, usual: &[u16], cause: &str) -> Verdict {
        because(self.asked(ask)?.expect_refused(usual).map(drop), cause)
    }

    /// The request is none for a WebSocket: a page, a redirection, a refusal, the end, all but 101. The cause is what most
    /// likely makes a server grant it.
    pub fn not_upgraded(&mut self, ask: &Ask, cause: &str) -> Verdict {
        let answer = self.asked(ask)?.answer();
        match answer {
            Answer::Head(head) if head.status != 101 => Ok(()),
            Answer::End(End::Fin | End::Reset(_)) => {
                self.note("the connection is ended without an answer: 426 or 400 would say why");
                Ok(())
            }
            _ => {
                let failure = Failure::new("a status that is not 101", answer.words());
                because(Err(Failure { cause: cause::of_answer(&answer), ..failure }.into()), cause)
            }
        }
    }

    /// The request has to become a WebSocket, and the answer has to show that the server has read its key.
    pub fn accepted(&mut self, ask: &Ask, cause: &str) -> Verdict {
        let head = self.granted(ask, cause)?;
        accept_fits(&head, ask.key())
    }

    /// The request may become a WebSocket: the head of the 101. It may as well be refused: `None`.
    pub fn granted_or_refused(&mut self, ask: &Ask) -> Result<Option<Head>, Stop> {
        let mut link = self.asked(ask)?;
        match link.answer() {
            Answer::Head(head) if head.status == 101 => Ok(Some(head)),
            Answer::Head(head) if (400..600).contains(&head.status) => Ok(None),
            answer @ Answer::End(End::Fin | End::Reset(_)) => {
                link.note(format!("{}: a status of 4xx would say why", answer.words()));
                Ok(None)
            }
            answer => {
                let cause = cause::of_no_refusal(&answer);
                Err(Failure { cause, ..Failure::new("101, or a status of 4xx or 5xx", answer.words()) }.into())
            }
        }
    }

    /// The answer has one of these subprotocols, or none.
    pub fn agrees_to_one_of(&mut self, ask: &Ask, offered: &[&str]) -> Verdict {
        let Some(head) = self.granted_or_refused(ask)? else {
            self.note(match offered {
                [] => "a request that offers no subprotocol is refused: legal, but a client may know of none",
                _ => {
                    "an offer of subprotocols that does not suit it is refused: legal, but a client may do without one"
                }
            });
            return Ok(());
        };
        let values: Vec<&[u8]> = head.values(PROTOCOL).collect();
        let cause = match values[..] {
            [] => return Ok(()),
            [value] if offered.iter().any(|name| name.as_bytes() == value) => return Ok(()),
            [_, _, ..] => "the answer has the field more than once: choose one subprotocol, and answer with one field",
            [value] if value.contains(&b',') => "the whole list is sent back: choose one of it, or leave the field out",
            [b""] => "who agrees to none leaves the field out: an empty one is no answer",
            [value] if offered.iter().any(|name| value.eq_ignore_ascii_case(name.as_bytes())) => {
                "the name is written in other letters than the client's: it is compared byte by byte"
            }
            _ => "the server always names its own: it may only choose of what is offered",
        };
        let expected =
            if offered.is_empty() { "no field".to_owned() } else { format!("{} or no field", offered.join(" or ")) };
        Err(Failure::new(format!("{PROTOCOL}: {expected}"), all_shown(&head, PROTOCOL)).because(cause).into())
    }

    /// The answer agrees to no extension. The cause is what most likely makes it agree to one.
    pub fn agrees_to_no_extension(&mut self, ask: &Ask, cause: &str) -> Verdict {
        let Some(head) = self.granted_or_refused(ask)? else {
            self.note(
                "an offer of extensions is refused: legal, but who leaves them out of the answer declines as well",
            );
            return Ok(());
        };
        match head.value(EXTENSIONS) {
            None => Ok(()),
            Some(value) => {
                Err(Failure::new("no Sec-WebSocket-Extensions", shown(EXTENSIONS, value)).because(cause).into())
            }
        }
    }

    /// The status that a right request gets, whole and at once: what the server says is not asked here, only that it says it.
    pub fn usual_status(&mut self) -> Result<u16, Stop> {
        let ask = self.ask();
        match self.asked(&ask)?.answer() {
            answer @ Answer::End(End::Silence(_)) => {
                let failure = Failure::new("an answer of HTTP", answer.words());
                Err(failure.because(NOTHING).into())
            }
            answer => status(&answer),
        }
    }
}

/// Why not one byte answers a whole request.
const NOTHING: &str = "nothing at all came: a connection has to be accepted, the request read up to its empty line, and the \
                       answer written (and flushed); or an error has stopped what serves the connection, and left it open";

impl Link {
    /// The answer has this status, as the answer to a right request that comes at once.
    pub fn expect_status(&mut self, usual: u16) -> Verdict {
        has_status(&self.answer(), usual)
    }
}

/// The same of an answer that has come.
pub fn has_status(answer: &Answer, usual: u16) -> Verdict {
    if status(answer)? == usual {
        return Ok(());
    }
    Err(Failure::new(format!("{usual}, as for a right request in one piece"), answer.words()).into())
}

fn status(answer: &Answer) -> Result<u16, Stop> {
    answer.status().ok_or_else(|| {
        let cause = cause::of_answer(answer).or_else(|| match answer {
            Answer::End(End::Fin | End::Reset(_)) => {
                Some("the server has ended the connection: see what it printed last".to_owned())
            }
            _ => None,
        });
        Failure { cause, ..Failure::new("an answer of HTTP", answer.words()) }.into()
    })
}

/// s4.2.2, 5.4: the hash of the key and the GUID, in base64.
pub fn accept_fits(head: &Head, key: &str) -> Verdict {
    let right = derive_accept_key(key.as_bytes());
    let expected = format!("Sec-WebSocket-Accept: {right}");
    let Some(came) = head.value("sec-websocket-accept") else {
        let cause = "the field is missing, or its name is misspelt: no client opens a WebSocket without it";
        return Err(Failure::new(expected, "no Sec-WebSocket-Accept").because(cause).into());
    };
    if came == right.as_bytes() {
        return Ok(());
    }
    let cause = cause::of_accept(key, came);
    Err(Failure { expected, came: shown("Sec-WebSocket-Accept", came), cause }.into())
}

/// What a field of the answer says, safe for a terminal.
pub fn shown(name: &str, value: &[u8]) -> String {
    format!("{name}: {}", escape::quoted(value, value.len() as u64, EXCERPT))
}

/// All values of a field of the answer; none: that it is missing.
pub fn all_shown(head: &Head, name: &str) -> String {
    let values: Vec<String> = head.values(name).map(|value| shown(name, value)).collect();
    if values.is_empty() { format!("no {name}") } else { values.join(", ") }
}
