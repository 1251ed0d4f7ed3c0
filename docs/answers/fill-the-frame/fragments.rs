//! 5. Fragments: frames go in, messages come out.
//!
//! Goal: put the fragments of a message together, let control frames pass between them, and find what is out of order.
//! Read: chapter 09, "One message, several frames" and "A Ping in the middle"; RFC 6455 s5.4 and s10.4.
//! Test: `cargo test fragments`
//! Time: 25 minutes. There are hints at the end of this file.

/// A frame that has been read: its header was legal, and its payload is unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last one of its message.
    pub fin: bool,
    /// 0 continuation, 1 text, 2 binary; 8 Close, 9 Ping, 10 Pong. There are no others here.
    pub opcode: u8,
    /// The bytes behind the header.
    pub payload: Vec<u8>,
}

/// What the rest of the server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A whole message. Its opcode is 1 for text and 2 for binary, never 0.
    Message { opcode: u8, payload: Vec<u8> },
    /// A control frame. It is a part of no message.
    Control { opcode: u8, payload: Vec<u8> },
}

/// Why the connection must be failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A continuation, and no message has begun.
    NothingToContinue,
    /// A new message, and the one before has not ended.
    StillUnderWay,
    /// The message is longer than the limit.
    TooBig,
}

/// Puts the frames of one connection together.
#[derive(Debug)]
pub struct Assembler {
    /// The message in progress: its opcode, and its payload so far.
    pub begun: Option<(u8, Vec<u8>)>,
    /// How many bytes of payload a message may have.
    pub limit: usize,
}

impl Assembler {
    /// For a connection on which nothing has come yet.
    pub fn new(limit: usize) -> Assembler {
        Assembler { begun: None, limit }
    }

    /// Takes the next frame. `Ok(None)`: it was a part of a message that is not whole yet.
    ///
    /// After a fault the connection is failed, and this is not called again.
    pub fn push(&mut self, frame: Frame) -> Result<Option<Event>, Fault> {
        // s5.4: "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
        if frame.opcode >= 8 {
            return Ok(Some(Event::Control { opcode: frame.opcode, payload: frame.payload }));
        }
        let (opcode, mut payload) = match (self.begun.take(), frame.opcode) {
            // s5.4: "all fragments of a message are of the same type, as set by the first fragment's opcode".
            (Some(begun), 0) => begun,
            (None, 0) => return Err(Fault::NothingToContinue),
            (None, opcode) => (opcode, Vec::new()),
            // s5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
            (Some(_), _) => return Err(Fault::StillUnderWay),
        };
        // s10.4: limits on "the total message size after reassembly from multiple frames".
        if payload.len() + frame.payload.len() > self.limit {
            return Err(Fault::TooBig);
        }
        payload.extend(frame.payload);
        if frame.fin {
            return Ok(Some(Event::Message { opcode, payload }));
        }
        self.begun = Some((opcode, payload));
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 12;

    fn frame(fin: bool, opcode: u8, payload: &str) -> Frame {
        Frame { fin, opcode, payload: payload.as_bytes().to_vec() }
    }

    fn message(opcode: u8, payload: &str) -> Result<Option<Event>, Fault> {
        Ok(Some(Event::Message { opcode, payload: payload.as_bytes().to_vec() }))
    }

    fn control(opcode: u8, payload: &str) -> Result<Option<Event>, Fault> {
        Ok(Some(Event::Control { opcode, payload: payload.as_bytes().to_vec() }))
    }

    /// As a person reads it: the payload as text.
    fn shown(told: &Result<Option<Event>, Fault>) -> String {
        let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
        match told {
            Ok(None) => "nothing yet".to_owned(),
            Ok(Some(Event::Message { opcode, payload })) => format!("a message, opcode {opcode}, {:?}", text(payload)),
            Ok(Some(Event::Control { opcode, payload })) => {
                format!("a control frame, opcode {opcode}, {:?}", text(payload))
            }
            Err(fault) => format!("a fault: {fault:?}"),
        }
    }

    #[track_caller]
    fn tells(assembler: &mut Assembler, frame: Frame, expected: Result<Option<Event>, Fault>, why: &str) {
        let came = assembler.push(frame);
        assert!(came == expected, "{why}\n  came     {}\n  expected {}", shown(&came), shown(&expected));
    }

    #[test]
    fn a_message_in_one_frame() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(true, 1, "Hello"), message(1, "Hello"), "s5.4: FIN, and an opcode other than 0");
        tells(&mut assembler, frame(true, 2, ""), message(2, ""), "a message may be empty, and binary");
    }

    #[test]
    fn three_parts() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(false, 1, "Goal "), Ok(None), "FIN is 0: more follows (s5.4)");
        tells(&mut assembler, frame(false, 0, "by "), Ok(None), "FIN is 0 again: more follows (s5.4)");
        tells(
            &mut assembler,
            frame(true, 0, "Ada"),
            message(1, "Goal by Ada"),
            "s5.4: the payloads in order, and the opcode of the first fragment",
        );
    }

    #[test]
    fn the_next_message_begins_with_nothing() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(false, 2, "one"), Ok(None), "FIN is 0: more follows (s5.4)");
        tells(&mut assembler, frame(true, 0, ""), message(2, "one"), "the last fragment may be empty");
        tells(&mut assembler, frame(true, 1, "two"), message(1, "two"), "the message before has ended (s5.4)");
    }

    #[test]
    fn a_ping_between_two_fragments() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(false, 1, "Goal "), Ok(None), "FIN is 0: more follows (s5.4)");
        tells(
            &mut assembler,
            frame(true, 9, "now"),
            control(9, "now"),
            "s5.4: a control frame may stand there, and is told at once",
        );
        tells(
            &mut assembler,
            frame(true, 0, "by Ada"),
            message(1, "Goal by Ada"),
            "s5.4: the Ping is no part of the message, and does not end it",
        );
    }

    #[test]
    fn a_control_frame_begins_no_message() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(true, 8, ""), control(8, ""), "s5.5: a Close is a control frame, too");
        tells(&mut assembler, frame(true, 10, ""), control(10, ""), "a Pong between two messages");
        tells(
            &mut assembler,
            frame(true, 0, "x"),
            Err(Fault::NothingToContinue),
            "s5.4: a Pong is nothing that could be continued",
        );
    }

    #[test]
    fn a_continuation_of_nothing() {
        tells(
            &mut Assembler::new(LIMIT),
            frame(true, 0, "Ada"),
            Err(Fault::NothingToContinue),
            "s5.4: a message begins with an opcode other than 0",
        );
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(true, 1, "Hello"), message(1, "Hello"), "a whole message");
        tells(
            &mut assembler,
            frame(false, 0, "Ada"),
            Err(Fault::NothingToContinue),
            "s5.4: the message before had FIN, so it is over",
        );
    }

    #[test]
    fn a_new_message_before_the_end() {
        for (fin, opcode) in [(true, 1), (false, 2)] {
            let mut assembler = Assembler::new(LIMIT);
            tells(&mut assembler, frame(false, 1, "Goal "), Ok(None), "FIN is 0: more follows (s5.4)");
            tells(
                &mut assembler,
                frame(fin, opcode, "Half"),
                Err(Fault::StillUnderWay),
                "s5.4: the fragments of two messages may not be mixed",
            );
        }
    }

    #[test]
    fn the_limit_is_for_the_whole_message() {
        let mut assembler = Assembler::new(LIMIT);
        tells(&mut assembler, frame(false, 1, "123456"), Ok(None), "6 bytes of the 12 that are allowed");
        tells(&mut assembler, frame(true, 9, "1234567"), control(9, "1234567"), "a Ping is no part of the message");
        tells(&mut assembler, frame(false, 0, "123456"), Ok(None), "12 bytes are allowed");
        tells(
            &mut assembler,
            frame(false, 0, "1"),
            Err(Fault::TooBig),
            "s10.4: byte 13, in three fragments; a limit is for the whole message",
        );
    }

    #[test]
    fn the_limit_is_for_one_frame_as_well() {
        tells(
            &mut Assembler::new(LIMIT),
            frame(true, 2, "1234567890123"),
            Err(Fault::TooBig),
            "s10.4: 13 bytes in one frame, and 12 are allowed",
        );
    }
}

// Hints. Read one, try, and come back for the next.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 1. Begin with the control frames: whatever is under way, they pass, and nothing changes.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 2. Two questions are left: has a message begun, and is the opcode 0? That makes four cases, of which two are faults.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 3. `self.begun.take()` gives you what is there and leaves `None`. So you can write
//    `match (self.begun.take(), frame.opcode) { (Some(begun), 0) => ..., (None, 0) => ..., ... }`, where each case is a
//    fault or the opcode and the payload so far.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 4. Then ask for the limit, append the payload, and look at FIN: either the message goes out, or it goes back to
//    `self.begun`.
