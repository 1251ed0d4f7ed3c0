//! Which Pong answers a Ping of this client's: a server may send Pings and Pongs of its own whenever it likes (RFC 6455 s5.5.3).

use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;

/// What was sent on a connection that a Pong may have to do with.
#[derive(Debug, Default)]
pub struct Heartbeat {
    /// The payloads of the Pings that are not answered yet.
    pings: Vec<Vec<u8>>,
    /// The payloads of the Pongs.
    pongs: Vec<Vec<u8>>,
    /// A Ping was sent, or something that may have been one.
    asked: bool,
}

impl Heartbeat {
    /// This frame goes out.
    pub fn sent(&mut self, frame: &Handmade) {
        match frame.opcode {
            Opcode::Ping => {
                self.asked = true;
                self.pings.push(frame.payload.clone());
            }
            Opcode::Pong => self.pongs.push(frame.payload.clone()),
            _ => {}
        }
    }

    /// Bytes go out, and there may be Pings among them.
    pub fn sent_bytes(&mut self) {
        self.asked = true;
    }

    /// Whether a Ping was sent, or something that may have been one.
    pub fn has_asked(&self) -> bool {
        self.asked
    }

    /// Whether a Ping of the server's has the payload of one that is not answered yet.
    pub fn is_ours(&self, ping: &[u8]) -> bool {
        self.pings.iter().any(|sent| sent == ping)
    }

    /// Why a Pong with this payload answers nothing, if it does. One that does answers the Pings before its own as well.
    pub fn of_nobody(&mut self, pong: &[u8]) -> Option<&'static str> {
        if let Some(at) = self.pings.iter().position(|sent| sent == pong) {
            self.pings.drain(..=at);
            return None;
        }
        if self.pongs.iter().any(|sent| sent == pong) {
            return Some("a Pong is answered with a Pong: nobody waits for it (s5.5.3)");
        }
        (!self.asked).then_some("the server sends Pongs of its own: legal (s5.5.3)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_that_answers_a_pong_is_told_from_one_that_answers_a_ping() {
        let mut heartbeat = Heartbeat::default();
        let mut send = |opcode, payload: &str| heartbeat.sent(&Handmade::new(opcode, payload.into()));
        send(Opcode::Pong, "b");
        send(Opcode::Ping, "a");
        send(Opcode::Ping, "b");
        send(Opcode::Ping, "c");
        assert!(heartbeat.is_ours(b"c") && !heartbeat.is_ours(b"d"));
        assert!(heartbeat.has_asked() && !Heartbeat::default().has_asked());
        assert_eq!(heartbeat.of_nobody(b"b"), None);
        assert!(heartbeat.of_nobody(b"b").is_some_and(|words| words.contains("answered with a Pong")));
        assert_eq!(heartbeat.of_nobody(b"c"), None);
        // It may be the wrong answer to a Ping.
        assert_eq!(heartbeat.of_nobody(b"d"), None);
        assert!(Heartbeat::default().of_nobody(b"d").is_some_and(|words| words.contains("of its own")));
    }
}
