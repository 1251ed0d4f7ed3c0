//! Frames that stand between and within messages: Ping, Pong and Close (RFC 6455 s5.5).

use super::Id;
use super::frame;
use super::header::{CLOSE, Header, LONGEST, PING, PONG, TEXT};
use super::session::{Session, Step, Stop};
use super::utf8::Utf8;

/// How many Pongs [`Id::PongAfterMessage`] and [`Id::LazyPong`] hold back.
const MOST_LATE: usize = 1000;

impl Session<'_> {
    pub fn control(&mut self, header: &Header) -> Step<()> {
        let mut payload = Vec::new();
        while (payload.len() as u64) < header.length {
            let done = payload.len() as u64;
            let mut piece = self.input.some(header.length - done)?;
            frame::unmask(&mut piece, header, done, self.bug);
            payload.extend(piece);
        }
        match header.opcode {
            CLOSE if self.bug == Id::FragmentedCloseLost && !header.fin => Ok(()),
            CLOSE => self.close(&payload),
            PING => self.ping(payload),
            PONG => self.pong(&payload),
            _ => Ok(()), // one bug lets reserved ones through
        }
    }

    /// RFC 6455 s5.5.2: a Pong, at once, s5.5.3: with the payload of the Ping.
    fn ping(&mut self, mut payload: Vec<u8>) -> Step<()> {
        match (self.bug, &mut self.message) {
            (Id::ControlInFragmentLost, Some(_)) | (Id::NoPong, _) => return Ok(()),
            (Id::PongAfterMessage, Some(_)) => {
                self.late.truncate(MOST_LATE - 1);
                self.late.push(payload);
                return Ok(());
            }
            (Id::ControlEndsMessage, Some(message)) => message.bytes.clear(),
            (Id::PingInDecoder, Some(message)) => {
                let is_text = message.utf8.push(&payload);
                if !is_text {
                    return Err(Stop::Broken(1007, "not UTF-8"));
                }
            }
            (Id::LazyPong | Id::FirstPingOnly, _) => return self.pong_later(payload),
            (Id::PingJoined, Some(message)) if (message.bytes.len() as u64) < LONGEST => {
                message.bytes.extend_from_slice(&payload)
            }
            (Id::PingAsText, _) if std::str::from_utf8(&payload).is_err() => return Err(Stop::Lost),
            (Id::EmptyPong, _) => payload.clear(),
            (Id::LiteralPong, _) => payload = b"pong".to_vec(),
            (Id::ShortPong, _) => payload.truncate(16),
            (Id::StalePong, _) => {
                payload.extend(self.late.pop().unwrap_or_default().get(payload.len()..).unwrap_or_default());
                self.late.push(payload.clone());
            }
            (Id::LossyPong, _) => payload = String::from_utf8_lossy(&payload).into_owned().into_bytes(),
            _ => {}
        }
        let opcode = match self.bug {
            Id::PingAnsweredWithPing => PING,
            Id::PingEchoedAsText => TEXT,
            _ => PONG,
        };
        Ok(self.send(opcode, &payload)?)
    }

    /// Of [`Id::LazyPong`] and [`Id::FirstPingOnly`]: what is there is read first, and then Pongs are sent.
    fn pong_later(&mut self, payload: Vec<u8>) -> Step<()> {
        if self.bug == Id::LazyPong || self.late.is_empty() {
            self.late.truncate(MOST_LATE - 1);
            self.late.push(payload);
        }
        if self.input.waiting().is_empty() { self.send_late() } else { Ok(()) }
    }

    /// Sends the Pongs that were held back.
    pub fn send_late(&mut self) -> Step<()> {
        for payload in std::mem::take(&mut self.late) {
            self.send(PONG, &payload)?;
        }
        Ok(())
    }

    /// RFC 6455 s5.5.3: a Pong may come unasked, and is not answered.
    fn pong(&mut self, payload: &[u8]) -> Step<()> {
        if let (Id::ControlEndsMessage, Some(message)) = (self.bug, &mut self.message) {
            message.bytes.clear();
        }
        match self.bug {
            Id::PongRefused => Err(Stop::Broken(1002, "nobody has asked for a Pong")),
            Id::PongEchoed => Ok(self.send(TEXT, payload)?),
            _ => Ok(()),
        }
    }

    /// RFC 6455 s5.5.1: a Close is answered with a Close, and nothing comes after it.
    fn close(&mut self, payload: &[u8]) -> Step<()> {
        if self.bug == Id::CloseAfterMessage && self.message.is_some() {
            return Ok(());
        }
        if self.bug == Id::CloseNeedsCode && payload.is_empty() {
            return Err(Stop::Lost);
        }
        let mut reply = self.reply(payload)?.to_vec();
        match self.bug {
            Id::CloseWithoutReply => return Err(Stop::Closed),
            Id::Close1005 if reply.is_empty() => reply = 1005_u16.to_be_bytes().to_vec(),
            Id::CloseCodeSwapped => reply.reverse(),
            Id::LongCloseReply => reply.extend([b"you said: ", payload.get(2..).unwrap_or_default()].concat()),
            _ => {}
        }
        self.send(CLOSE, &reply)?;
        match self.bug {
            Id::GoesOnAfterClose => return Ok(()),
            Id::DataAfterClose => self.send(TEXT, b"bye")?,
            Id::TwoCloses => self.send(CLOSE, &reply)?,
            _ => {}
        }
        Err(Stop::Closed)
    }

    /// The code that came, or nothing where none came.
    fn reply<'a>(&self, payload: &'a [u8]) -> Step<&'a [u8]> {
        match payload {
            [] => Ok(&[]),
            _ if self.bug == Id::LongCloseAccepted && payload.len() > 125 => Ok(payload),
            [_] if self.bug == Id::OneByteCloseAccepted => Ok(payload),
            [_] => Err(Stop::Broken(1002, "a close code has two bytes")),
            [high, low, reason @ ..] => {
                if self.bug == Id::PrivateCodesRefused && u16::from_be_bytes([*high, *low]) >= 3000 {
                    return Err(Stop::Closed);
                }
                if !may_be_sent(u16::from_be_bytes([*high, *low]), self.bug) {
                    return Err(Stop::Broken(1002, "this close code is not sent"));
                }
                let mut utf8 = Utf8::new(self.bug);
                let is_text = utf8.push(reason) && utf8.is_whole();
                match is_text {
                    true => Ok(&payload[..2]),
                    false if self.bug == Id::CloseReasonUnchecked => Ok(payload),
                    false => Err(Stop::Broken(1007, "the reason is not UTF-8")),
                }
            }
        }
    }
}

/// RFC 6455 s7.4: those that are registered, and those that anybody may use. 1004, 1005, 1006 and 1015 never travel.
fn may_be_sent(code: u16, bug: Id) -> bool {
    match code {
        1000..=1003 | 1007..=1014 | 3000..=4999 => true,
        1004..=1006 | 1015 => bug == Id::ReservedCodesAccepted,
        _ => bug == Id::UnknownCodesAccepted,
    }
}
