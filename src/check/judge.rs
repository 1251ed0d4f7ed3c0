//! What a case expects of a connection, in the words of the protocol: an echo, a Pong, a Close, an end.
//!
//! Here is what the RFC leaves free, once for all cases: how a message is cut, what a Close says, how TCP ends. It is noted,
//! and fails nothing.

use super::case::{Failure, Verdict, because, told_as};
use super::cause;
use super::hear::{EXCERPT, Heard, close_words, message_words, payload_words};
use super::link::{Answer, End, Link};
use super::trial::Trial;
use crate::client::response::Head;
use crate::protocol::close::{self, Close};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;

impl Link {
    /// Sends a whole message in one frame, and expects it back.
    pub fn echo(&mut self, frame: &Handmade) -> Verdict {
        self.send(frame);
        self.expect_echo(frame)
    }

    /// The next thing is this message, sent before in one frame.
    pub fn expect_echo(&mut self, sent: &Handmade) -> Verdict {
        echoes(sent, &self.hear())
    }

    /// The same. When no message comes, the case knows the likely cause.
    pub fn expect_echo_else(&mut self, sent: &Handmade, cause: &str) -> Verdict {
        match self.hear() {
            heard if is_echo(sent, &heard) => Ok(()),
            heard @ Heard::Message(_) => Err(no_echo(sent, &heard).into()),
            heard => Err(no_echo(sent, &heard).because(cause).into()),
        }
    }

    /// The next thing is the message of these fragments. Control frames may be among them.
    pub fn expect_whole(&mut self, sent: &[Handmade]) -> Verdict {
        whole(sent, self.hear())
    }

    /// The next thing is a message like this, sent before in several frames.
    pub fn expect_message(&mut self, opcode: Opcode, payload: &[u8]) -> Verdict {
        let whole = Handmade::new(opcode, payload.to_vec());
        self.expect_echo(&whole)
    }

    /// The next thing is a Pong with this payload.
    ///
    /// s5.5.3: "A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the message
    /// body of the Ping frame being replied to."
    pub fn expect_pong(&mut self, payload: &[u8]) -> Verdict {
        self.expect_pong_to(&Handmade::new(Opcode::Ping, payload.to_vec()))
    }

    /// The next thing is the Pong to this Ping.
    pub fn expect_pong_to(&mut self, ping: &Handmade) -> Verdict {
        let heard = self.hear();
        self.judge_pong(ping, &heard)
    }

    /// The same. When nothing comes, the case knows the likely cause.
    pub fn expect_pong_else(&mut self, ping: &Handmade, cause: &str) -> Verdict {
        let heard = self.hear();
        let verdict = self.judge_pong(ping, &heard);
        if matches!(heard, Heard::End(End::Silence(_))) { told_as(verdict, cause) } else { verdict }
    }

    /// This is the Pong to this Ping.
    pub fn judge_pong(&self, ping: &Handmade, heard: &Heard) -> Verdict {
        match heard {
            Heard::Pong(came) if *came == ping.payload => Ok(()),
            heard if self.pinged.as_ref() == Some(&ping.payload) => {
                Err(no_pong(ping, heard).because(cause::PING_BACK).into())
            }
            heard => Err(no_pong(ping, heard).into()),
        }
    }

    /// Sends a Ping, and expects its Pong.
    pub fn ping(&mut self, ping: &Handmade) -> Verdict {
        self.send(ping);
        self.expect_pong_to(ping)
    }

    /// The server fails the connection (s7.1.7): a Close, best with one of these codes, or the end of TCP without one.
    ///
    /// What was sent in the same write behind the wrong frame shows at once that the server went on.
    pub fn expect_failed(&mut self, codes: &[u16]) -> Verdict {
        let heard = self.hear();
        self.failed(&heard, codes)
    }

    /// What was heard fails the connection.
    pub fn failed(&self, heard: &Heard, codes: &[u16]) -> Verdict {
        match heard {
            Heard::Close(payload) => self.note_code(payload, codes),
            Heard::End(End::Fin) => self.note(
                "the connection is ended without a Close: legal, for s7.1.7 only says SHOULD, but a client learns no reason",
            ),
            Heard::End(End::Reset(_)) => {
                self.note("the connection is reset without a Close: legal, but a client learns no reason (s7.1.7, SHOULD)");
            }
            _ => {
                let expected = format!("the end of the connection, best with a Close {}", or(codes));
                return Err(Failure { expected, came: heard.words(), cause: cause::of_going_on(heard) }.into());
            }
        }
        Ok(())
    }

    /// Another code than the usual one is no failure: which one fits is the server's to say (s7.4.1).
    fn note_code(&self, payload: &[u8], codes: &[u16]) {
        match Close::decode(payload) {
            Ok(Close { code: Some(code), .. }) if codes.contains(&code) => {}
            Ok(Close { code: Some(code), .. }) => {
                let words = "a connection is failed with another code than the usual one: legal (s7.4.1)";
                self.note_of(words, format!("{code} for {}", or(codes)));
            }
            Ok(Close { code: None, .. }) => {
                let words =
                    "a connection is failed with a Close that has no code: legal, but one would say why (s7.4.1)";
                self.note_of(words, or(codes));
            }
            // Which Close is right is asked in stage 12.
            Err(_) => self.note_of("a connection is failed with a Close that is itself wrong", close_words(payload)),
        }
    }

    /// The answer to an opening handshake that has to be granted.
    pub fn expect_101(&mut self) -> Result<Head, super::case::Stop> {
        match self.answer() {
            Answer::Head(head) if head.status == 101 => Ok(head),
            answer => Err(Failure { cause: cause::of_no_101(&answer), ..Failure::new("101", answer.words()) }.into()),
        }
    }

    /// The answer to a request that must not become a WebSocket: a status of 4xx or 5xx, or the end of the connection where
    /// the request is so wrong that no answer is owed. `usual` are the statuses that say best what is wrong.
    pub fn expect_refused(&mut self, usual: &[u16]) -> Result<Answer, super::case::Stop> {
        let answer = self.answer();
        match &answer {
            Answer::Head(head) if (400..600).contains(&head.status) => {
                if !usual.contains(&head.status) {
                    self.note(format!("the answer is {}: {} would say more", answer.words(), or(usual)));
                }
                Ok(answer)
            }
            Answer::End(End::Fin | End::Reset(_)) => {
                self.note(format!("the connection is ended without an answer: {} would say why", or(usual)));
                Ok(answer)
            }
            _ => {
                let expected = format!("a refusal, best {}", or(usual));
                Err(Failure { cause: cause::of_no_refusal(&answer), ..Failure::new(expected, answer.words()) }.into())
            }
        }
    }
}

/// This is that message, which was sent before in one frame.
pub fn echoes(sent: &Handmade, heard: &Heard) -> Verdict {
    if is_echo(sent, heard) { Ok(()) } else { Err(no_echo(sent, heard).into()) }
}

fn is_echo(sent: &Handmade, heard: &Heard) -> bool {
    matches!(heard, Heard::Message(came) if came.opcode == sent.opcode && came.payload == sent.payload)
}

/// That it is not.
pub fn no_echo(sent: &Handmade, heard: &Heard) -> Failure {
    let expected = format!("the same message: {}", message_words(sent.opcode, &sent.payload));
    Failure { expected, came: came_words(&sent.payload, heard), cause: cause::of_echo(sent, heard) }
}

/// What came. Where it begins like what was sent, farther than an excerpt shows, it also says how far.
fn came_words(sent: &[u8], heard: &Heard) -> String {
    let words = heard.words();
    match heard {
        Heard::Message(came) => match cause::first_wrong(sent, &came.payload) {
            Some(at) if at >= EXCERPT => format!("{words}; the first {at} bytes are right, the next one is not"),
            _ => words,
        },
        _ => words,
    }
}

/// What was heard is the message of these fragments. Control frames may be among them.
pub fn whole(sent: &[Handmade], heard: Heard) -> Verdict {
    let opcode = sent.first().map_or(Opcode::Text, |first| first.opcode);
    let data = sent.iter().filter(|frame| !frame.opcode.is_control());
    let payload = data.flat_map(|frame| frame.payload.clone()).collect::<Vec<_>>();
    if matches!(&heard, Heard::Message(came) if came.opcode == opcode && came.payload == payload) {
        return Ok(());
    }
    let expected = format!("one message: {}", message_words(opcode, &payload));
    let cause = cause::of_whole(sent, &heard);
    Err(Failure { expected, came: came_words(&payload, &heard), cause }.into())
}

/// What was heard is not the Pong to this Ping.
pub fn no_pong(ping: &Handmade, heard: &Heard) -> Failure {
    let expected = format!("a Pong {}", payload_words(Opcode::Pong, &ping.payload));
    Failure { expected, came: heard.words(), cause: cause::of_pong(ping, heard) }
}

/// Sends these frames, the wrong one among them, and a text message in one write, and expects the connection to be failed.
/// The cause is told where the server has gone on.
pub fn refused(trial: &mut Trial, mut frames: Vec<Handmade>, codes: &[u16], cause: &str) -> Verdict {
    let mut link = trial.open()?;
    frames.push(trial.text("the server went on"));
    link.send_all(&frames);
    because(link.expect_failed(codes), cause)
}

/// `1002`, `1002 or 1007`.
pub fn or(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

/// The payload of a Close with this code and reason, whether it may travel or not.
pub fn close_payload(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

/// The code of a Close, if it has one.
pub fn code_of(payload: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*payload.first()?, *payload.get(1)?]))
}

/// Whether a Close with this payload keeps to s5.5.1 and s7.4: no payload, or a code that may travel and a reason in UTF-8.
pub fn is_right_close(payload: &[u8]) -> bool {
    close::Close::decode(payload).is_ok()
}
