//! How the cases of this stage are run.

use crate::check::case::{Failure, Verdict, told_as};
use crate::check::hear::Heard;
use crate::check::judge::{close_payload, code_of};
use crate::check::link::End;
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::Duration;

/// So many echoes show that a server is still there.
const ECHOES: usize = 6;

/// Between them.
const APART: Duration = Duration::from_millis(25);

/// A Close with each of these codes, on connections of their own, is answered with one.
pub fn closes(trial: &mut Trial, codes: &[u16]) -> Verdict {
    codes.iter().try_for_each(|code| closes_for(trial, *code, ""))
}

/// A Close with this code and reason is answered with one.
pub fn closes_for(trial: &mut Trial, code: u16, reason: &str) -> Verdict {
    let close = trial.frame(Opcode::Close, close_payload(code, reason.as_bytes()));
    trial.open()?.close_rightly(&close)
}

/// A Close with a code that must not be sent is not answered with it.
pub fn refuses(trial: &mut Trial, code: u16) -> Verdict {
    let close = trial.frame(Opcode::Close, close_payload(code, b""));
    trial.open()?.close_wrongly(&close, &[1002])
}

/// Whether a Close with a code that has no meaning yet is answered with the same code is noted: nothing forbids it.
pub fn weighs(trial: &mut Trial, codes: &[u16]) -> Verdict {
    codes.iter().try_for_each(|code| {
        let close = trial.frame(Opcode::Close, close_payload(*code, b""));
        let mut link = trial.open()?;
        link.send(&close);
        match link.hear() {
            Heard::Close(came) if code_of(&came) == Some(*code) => {
                link.note_of("a code that has no meaning yet is sent back: legal (s7.4.2)", code.to_string());
                Ok(())
            }
            heard => link.judge_close_refused(&heard, &close.payload, &[1002]),
        }
    })
}

/// A frame that is a Close only in name fails the connection. Behind it a text message shows whether it does.
pub fn not_accepted(trial: &mut Trial, close: Handmade) -> Verdict {
    let frames = [close, trial.text("still here?")];
    let mut link = trial.open()?;
    link.send_all(&frames);
    link.expect_close_refused(&frames[0].payload, &[1002])
}

/// These frames, one of which is a Close, bring a Close and then the end of TCP.
pub fn over_after(trial: &mut Trial, frames: &[Handmade]) -> Verdict {
    let mut link = trial.open()?;
    link.send_all(frames);
    let mut heard = link.hear();
    if matches!(heard, Heard::Message(_)) {
        link.note("what stands behind a Close is answered before it: not forbidden, though s1.4 has it thrown away");
        heard = link.hear();
    }
    link.judge_closed(heard)?;
    link.expect_over().map(drop)
}

/// A Close, with this behind it in the same write, brings a Close and FIN.
pub fn ends_cleanly(trial: &mut Trial, trailing: &[Handmade]) -> Verdict {
    let close = trial.frame(Opcode::Close, close_payload(1000, b""));
    let mut link = trial.open()?;
    link.send_all(&[&[close], trailing].concat());
    let heard = link.hear();
    link.judge_closed(heard)?;
    match link.expect_over()? {
        End::Reset(words) => Err(Failure::new("FIN", format!("a reset ({words})"))
            .because(
                "a socket that is closed with bytes unread, or with SO_LINGER 0, resets its connection: shut down what you send \
                 (SHUT_WR), read until 0 comes, and close it then (s7.1.1)",
            )
            .into()),
        _ => Ok(()),
    }
}

/// This frame is answered with a Close that says why.
pub fn fails_with(trial: &mut Trial, bad: &Handmade, code: u16) -> Verdict {
    let mut link = trial.open()?;
    link.send(bad);
    match link.hear() {
        Heard::Close(came) if code_of(&came) == Some(code) => Ok(()),
        heard => Err(Failure::new(format!("a Close {code}"), heard.words())
            .because(format!("a client learns from the code what was wrong with its bytes: here it is {code} (s7.4.1)"))
            .into()),
    }
}

/// A frame that fails a connection, for the cases that ask how that is done.
pub fn wrong(trial: &mut Trial) -> Handmade {
    let payload = trial.bytes(126);
    trial.frame(Opcode::Ping, payload)
}

/// A client that comes now gets its echoes, for as long as a server needs to see that another one has gone.
pub fn others_are_served(trial: &mut Trial) -> Verdict {
    let text = trial.text("still here?");
    let cause = "an error on one connection has ended the whole server: catch it where the connection is served";
    let served = trial.open().and_then(|mut link| {
        (0..ECHOES).try_for_each(|_| {
            link.echo(&text)?;
            trial.pause(APART);
            Ok(())
        })
    });
    told_as(served, cause)
}
