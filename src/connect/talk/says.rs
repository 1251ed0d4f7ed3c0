//! What the person does, at a prompt, through a pipe or with a signal.

use super::Talk;
use crate::connect::command::{self, Typed};
use crate::connect::dial::WHO;
use crate::connect::ending::Ending;
use crate::connect::input::Input;
use crate::connect::tell::Told;
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::session::Message;
use crate::wire::events;
use log::info;
use std::time::{Duration, Instant};

impl Talk<'_> {
    /// A prompt is always heard: while a line is read, Ctrl-C comes from it and from nowhere else.
    pub(super) fn takes_input(&self, now: Instant) -> bool {
        let greeting_is_over = self.greeting_until.is_none_or(|until| now >= until);
        let is_wanted = self.is_open() && self.input_ended.is_none() && greeting_is_over && !self.link.is_full();
        self.lines.at_prompt || is_wanted
    }

    pub(super) fn is_open(&self) -> bool {
        self.verdict.is_none() && self.closing.is_none() && self.write_error.is_none()
    }

    pub(super) fn input(&mut self, input: Input) {
        match input {
            Input::Line(_) if !self.is_open() => self.tell(&Told::Misread("not sent: the connection is closing")),
            Input::Line(line) if self.lines.at_prompt => self.typed(&line),
            Input::Line(line) => {
                self.lines_read += 1;
                match command::message(&line, self.settings.reading) {
                    Ok(message) => self.send(message),
                    Err(why) => self.give_up(format!("line {}: {why}", self.lines_read)),
                }
            }
            Input::Interrupt => self.interrupt(),
            Input::End => self.end_of_input(),
            Input::Failed(why) => self.give_up(why),
            Input::Nothing => {}
        }
    }

    pub(super) fn typed(&mut self, line: &[u8]) {
        match command::typed(&String::from_utf8_lossy(line), self.settings.reading) {
            Ok(Typed::Text(text)) => self.send(Message::Text(text.into())),
            Ok(Typed::Binary(bytes)) => self.send(Message::Binary(bytes.into())),
            Ok(Typed::Ping(payload)) => self.ping(&payload),
            Ok(Typed::Pong(payload)) => {
                self.link.session.pong(&payload);
                self.tell(&Told::PongSent(&payload));
            }
            Ok(Typed::Close(close)) => self.close(close),
            Ok(Typed::Frame(frame)) => {
                self.link.session.send_handmade(&frame);
                self.tell(&Told::FrameSent(&frame));
                if self.link.session.close_sent() && self.closing.is_none() {
                    let close = as_sent(&frame);
                    info!("{WHO} = {}", events::close(&close, "this client"));
                    self.closing = Some((close, Instant::now()));
                }
            }
            Ok(Typed::Quit) => self.close(self.settings.close.clone()),
            Ok(Typed::Help) => self.tell(&Told::Help(command::HELP)),
            Ok(Typed::Nothing) => {}
            Err(why) => self.tell(&Told::Misread(&why)),
        }
    }

    pub(super) fn send(&mut self, message: Message) {
        for greeting in std::mem::take(&mut self.greetings) {
            self.tell(&Told::Greeting(&greeting));
        }
        if self.link.session.send(message.clone()) {
            self.messages.1 += 1;
            self.tell(&Told::Sent(&message));
        }
    }

    pub(super) fn ping(&mut self, payload: &[u8]) {
        if self.link.session.ping(payload) {
            self.pings.sent(payload, Instant::now());
            self.tell(&Told::PingSent(payload));
        }
    }

    pub(super) fn close(&mut self, close: Close) {
        // The session has sent one when the server's Close, or a fault, stands behind this message in the same read.
        if self.is_open() && !self.link.session.close_sent() {
            info!("{WHO} = {}", events::close(&close, "this client"));
            self.link.session.close(&close);
            self.tell(&Told::CloseSent(&close));
            self.closing = Some((close, Instant::now()));
        }
    }

    pub(super) fn end_of_input(&mut self) {
        self.input_ended.get_or_insert_with(Instant::now);
        if self.greeting_counts() {
            self.close(self.settings.close.clone());
        }
    }

    /// With `-1`: nothing was sent, and nothing will be, so what looked like a greeting was the message. Whether there
    /// was one.
    pub(super) fn greeting_counts(&mut self) -> bool {
        let mut greetings = std::mem::take(&mut self.greetings);
        if greetings.is_empty() {
            return false;
        }
        self.tell(&Told::Received(&greetings.remove(0)));
        (self.one_came, self.deaf) = (true, true);
        true
    }

    pub(super) fn interrupt(&mut self) {
        if self.is_open() {
            self.close(self.settings.close.clone());
        } else {
            self.decide(Ending::Interrupted, Duration::ZERO);
            self.over = true;
        }
    }

    /// This end cannot go on: it says goodbye in order, and fails all the same.
    pub(super) fn give_up(&mut self, why: String) {
        self.close(self.settings.close.clone());
        self.decide(Ending::Ours(why), self.settings.close_timeout);
    }
}

/// What a Close made by hand says, be it a code that may not be sent: who asks why the server was cross has said it.
fn as_sent(frame: &Handmade) -> Close {
    let announced = usize::try_from(frame.header().length).unwrap_or(usize::MAX);
    match &frame.payload[..announced.min(frame.payload.len())] {
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            Close { code: Some(code), reason: String::from_utf8_lossy(reason).into_owned() }
        }
        _ => Close::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::opcode::Opcode;

    #[test]
    fn a_close_made_by_hand_is_told_as_it_was_sent() {
        let told = |payload: &[u8], length| {
            as_sent(&Handmade { length, ..Handmade::new(Opcode::Close, payload.to_vec()) }).to_string()
        };
        assert_eq!(told(b"\x03\xed", None), "1005 no status received; never sent in a frame");
        assert_eq!(told(b"\x03\xeebye\xff", None), "1006 abnormal closure; never sent in a frame \"bye\u{fffd}\"");
        assert_eq!(told(b"\x03\xe8bye", Some(2)), "1000 normal closure");
        assert_eq!(told(b"\x03", None), "no code");
        assert_eq!(told(b"", None), "no code");
    }
}
