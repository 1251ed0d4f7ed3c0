//! What is expected at the end of a connection: a Close for a Close, with nothing in it that must not travel, and then the
//! end of TCP.
//!
//! What a Close says is the server's to choose (RFC 6455 s5.5.1 says "typically"): an empty one and another code are noted.

use super::case::{Failure, Stop, Verdict, told_as};
use super::cause;
use super::hear::{Heard, close_words};
use super::judge::{code_of, is_right_close, or};
use super::link::{End, Link};
use crate::protocol::close::{self, MAX_REASON};
use crate::protocol::frame::Handmade;

impl Link {
    /// Sends a Close, and expects one, whatever it says. Its payload.
    pub fn close_with(&mut self, sent: &Handmade) -> Result<Vec<u8>, Stop> {
        self.send(sent);
        let heard = self.hear();
        let verdict = self.judge_closed(heard.clone());
        match heard {
            Heard::End(End::Fin | End::Reset(_)) if sent.payload.is_empty() => told_as(verdict, cause::EMPTY_CLOSE),
            _ => verdict,
        }
    }

    /// Whether this is a Close. Its payload.
    pub fn judge_closed(&mut self, heard: Heard) -> Result<Vec<u8>, Stop> {
        match heard {
            Heard::Close(payload) => Ok(payload),
            heard => Err(no_close("a Close".to_owned(), &heard)),
        }
    }

    /// Sends a Close that keeps to all rules, and expects one that does.
    pub fn close_rightly(&mut self, sent: &Handmade) -> Verdict {
        let came = self.close_with(sent)?;
        self.judge_reply(&sent.payload, &came)
    }

    /// Whether a Close may answer one with this payload. Its code is free: s5.5.1 says what it typically is.
    pub fn judge_reply(&mut self, sent: &[u8], came: &[u8]) -> Verdict {
        if !is_legal(came) {
            return Err(wrong_close(sent, came));
        }
        match (code_of(sent), code_of(came)) {
            (sent, came) if sent == came => {}
            (None, came) => self.note_of("an empty Close is answered with a code: legal (s5.5.1)", code_words(came)),
            (Some(sent), came) => self.note_of(
                "a Close is answered with another code: legal, but it is typically sent back (s5.5.1)",
                format!("{sent} with {}", code_words(came)),
            ),
        }
        Ok(())
    }

    /// Sends a Close that breaks a rule. The server fails the connection, best with one of these codes, and what it says
    /// breaks none.
    pub fn close_wrongly(&mut self, sent: &Handmade, codes: &[u16]) -> Verdict {
        self.send(sent);
        self.expect_close_refused(&sent.payload, codes)
    }

    /// The same for a Close with this payload that is sent.
    pub fn expect_close_refused(&mut self, sent: &[u8], codes: &[u16]) -> Verdict {
        let heard = self.hear();
        self.judge_close_refused(&heard, sent, codes)
    }

    /// The same for what was heard.
    pub fn judge_close_refused(&self, heard: &Heard, sent: &[u8], codes: &[u16]) -> Verdict {
        match heard {
            Heard::Close(came) if !is_legal(came) => Err(wrong_close(sent, came)),
            Heard::Close(_) | Heard::End(End::Fin | End::Reset(_)) => self.failed(heard, codes),
            _ => Err(no_close(format!("a Close {}, or the end of the connection", or(codes)), heard)),
        }
    }

    /// The server ends TCP, now that there is nothing more to say. How it does is noted.
    pub fn expect_over(&mut self) -> Result<End, Stop> {
        let heard = self.hear();
        match heard {
            Heard::End(End::Fin) => Ok(End::Fin),
            Heard::End(End::Reset(words)) => {
                self.note("the connection is reset where FIN would do: legal, but what is on its way may be lost (s7.1.1, SHOULD)");
                Ok(End::Reset(words))
            }
            heard => {
                let expected = "the end of the TCP connection, by the server".to_owned();
                Err(Failure { expected, came: heard.words(), cause: cause::of_no_end(&heard) }.into())
            }
        }
    }
}

/// Whether a Close may have this payload (s5.5, s5.5.1, s7.4).
fn is_legal(payload: &[u8]) -> bool {
    payload.len() <= MAX_REASON + 2 && is_right_close(payload)
}

fn no_close(expected: String, heard: &Heard) -> Stop {
    Failure { expected, came: heard.words(), cause: cause::of_no_close(heard) }.into()
}

/// A Close that came wrong is answered with the code that stands in it, as a right one is (s5.5.1): nothing tells the client
/// that the connection has failed.
pub fn accepted(sent: &[u8], came: &[u8], codes: &[u16]) -> Stop {
    let expected = format!("a Close {}, or the end of the connection", or(codes));
    let came = format!("a Close {}: the code that was sent, as for a right Close", close_words(came));
    let cause = match close::Close::decode(sent) {
        Err(close::Fault::ReasonNotUtf8) => "the reason is not looked at: decode it as UTF-8, and answer 1007 (s8.1)",
        _ => "the frame is not looked at: a Close has FIN 1 and at most 125 bytes, so answer 1002 (s5.5)",
    };
    Failure::new(expected, came).because(cause).into()
}

fn code_words(code: Option<u16>) -> String {
    code.map_or("none".to_owned(), |code| code.to_string())
}

fn wrong_close(sent: &[u8], came: &[u8]) -> Stop {
    let expected =
        "a Close without payload, or with a code that may be sent and a reason of at most 123 bytes in UTF-8"
            .to_owned();
    let long = if came.len() > MAX_REASON + 2 { format!(" in a frame of {} bytes", came.len()) } else { String::new() };
    Failure { expected, came: format!("a Close {}{long}", close_words(came)), cause: cause::of_wrong_close(sent, came) }
        .into()
}
