//! How the cases of this stage are run.

use crate::check::case::{Failure, Stop, Verdict, told_as};
use crate::check::closing::accepted;
use crate::check::hear::Heard;
use crate::check::judge::{close_payload, code_of, is_right_close};
use crate::check::link::{End, Link};
use crate::check::trial::Trial;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use std::time::{Duration, Instant};

/// So many echoes show that a server is still there.
const ECHOES: usize = 6;

/// Between them.
const APART: Duration = Duration::from_millis(25);

/// An end of TCP that comes within this time comes at once, however busy the machine is.
const AT_ONCE: Duration = Duration::from_millis(250);

/// An end that comes later than this does not come at once by any measure.
const LONG: Duration = Duration::from_millis(900);

/// So many ends have to be late: a machine that is busy for a moment makes one late.
const LATE_ENDS: usize = 3;

/// What most likely makes them late.
const WAITS: &str = "the client's FIN is waited for before the server's own is sent: it is the server that ends TCP \
                     first, so send FIN (shutdown, SHUT_WR), and only then read until 0 comes (s7.1.1)";

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
    let text = trial.text("still here?");
    fails_close(trial, &[close, text], &[1002])
}

/// The first of these frames is a Close that breaks a rule, and fails the connection, best with one of these codes.
///
/// The code that stands in it, sent back, says that it was taken for a right one (s5.5.1). Only a server that says the same
/// of everything that is wrong says nothing by it.
pub fn fails_close(trial: &mut Trial, frames: &[Handmade], codes: &[u16]) -> Verdict {
    let sent = &frames[0].payload;
    let mut link = trial.open()?;
    link.send_all(frames);
    match link.hear() {
        Heard::Close(came) if is_right_close(&came) && code_of(&came).is_some() && code_of(&came) == code_of(sent) => {
            drop(link);
            if code_of_a_failure(trial)? != code_of(sent) {
                return Err(accepted(sent, &came, codes));
            }
            trial.note("every failure is told with the code of a Close that is right: legal (s7.4.1), but a client learns nothing");
            Ok(())
        }
        heard => link.judge_close_refused(&heard, sent, codes),
    }
}

/// What a Close says when a frame that is no Close has failed the connection.
fn code_of_a_failure(trial: &mut Trial) -> Result<Option<u16>, Stop> {
    let wrong = wrong(trial);
    let mut link = trial.open()?;
    link.send(&wrong);
    let heard = link.hear();
    Ok(if let Heard::Close(came) = heard { code_of(&came) } else { None })
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

/// A Close, with this behind it in the same write, brings a Close and FIN. Where something stands behind it more of it comes
/// later: one read may have brought all that came before, and then a server that does not read on would not be seen.
pub fn ends_cleanly(trial: &mut Trial, trailing: &[Handmade]) -> Verdict {
    let close = trial.frame(Opcode::Close, close_payload(1000, b""));
    // Under TLS a server that has said close_notify need not listen any more (RFC 8446 s6.1).
    let late = trailing.first().filter(|_| !trial.settings.url.tls);
    let mut link = trial.open()?;
    link.send_all(&[&[close], trailing].concat());
    let heard = link.hear();
    link.judge_closed(heard)?;
    if let Some(late) = late {
        link.send(late);
    }
    let came = match link.expect_over()? {
        End::Reset(words) => format!("a reset ({words})"),
        // Who has closed the socket has answered what came late with a reset: nothing more can be written.
        _ if late.is_some_and(|late| !link.is_taken(late)) => "FIN, and a reset for what came behind it".to_owned(),
        _ => return Ok(()),
    };
    let cause = "a socket that is closed with bytes unread, or before all have come, or with SO_LINGER 0, resets its connection: \
                 shut down what you send (SHUT_WR), read until 0 comes, and close it then (s7.1.1)";
    Err(Failure::new("FIN", came).because(cause).into())
}

/// The end of TCP comes behind the two Closes. No RFC says how long "immediately" is: a little later is noted.
pub fn ends_after_close(trial: &mut Trial) -> Verdict {
    let end = |trial: &mut Trial| {
        let close = trial.frame(Opcode::Close, close_payload(1000, b""));
        let mut link = trial.open()?;
        link.close_with(&close)?;
        time_of_end(&mut link)
    };
    match soonest(trial, end)? {
        time if time <= AT_ONCE => {}
        time if time <= LONG => {
            trial.note(format!("TCP is ended some time after both Closes, and not at once (s5.5.1): {WAITS}"))
        }
        _ => return Err(late(LONG)),
    }
    Ok(())
}

/// The end of TCP comes at once when the server has failed the connection.
pub fn ends_after_failure(trial: &mut Trial) -> Verdict {
    let end = |trial: &mut Trial| {
        let wrong = wrong(trial);
        let mut link = trial.open()?;
        link.send(&wrong);
        link.expect_failed(&[1002])?;
        time_of_end(&mut link)
    };
    if soonest(trial, end)? > AT_ONCE { Err(late(AT_ONCE)) } else { Ok(()) }
}

fn late(than: Duration) -> Stop {
    let came = format!("three times more than {} ms later", than.as_millis());
    Failure::new("the end of the connection, at once", came).because(WAITS).into()
}

/// How long the end of TCP takes from now on.
fn time_of_end(link: &mut Link) -> Result<Duration, Stop> {
    let began = Instant::now();
    link.expect_over()?;
    Ok(began.elapsed())
}

/// The shortest time until such an end: of one, if that comes at once.
fn soonest(trial: &mut Trial, end: impl Fn(&mut Trial) -> Result<Duration, Stop>) -> Result<Duration, Stop> {
    let mut soonest = Duration::MAX;
    for _ in 0..LATE_ENDS {
        soonest = soonest.min(end(trial)?);
        if soonest <= AT_ONCE {
            break;
        }
    }
    Ok(soonest)
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
