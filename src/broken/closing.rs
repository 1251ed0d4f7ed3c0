//! The end of a connection. The server ends TCP first, and in order (RFC 6455 s7.1.1).

use super::Id;
use super::input::Input;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

/// How long the client may take to end its side.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long [`Id::NeverEndsTcp`] waits, which has to end as well.
const NEVER: Duration = Duration::from_secs(60);

/// How it came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The opening handshake was refused.
    Refused,
    /// Both ends have sent a Close.
    Closed,
    /// The client has broken a rule, and was told.
    Failed,
    /// TCP has ended.
    Lost,
}

/// Ends TCP: FIN, and then everything is read that the client still sends. A socket that is closed with bytes unread resets
/// the connection instead, and the reset may overtake what was sent last.
pub fn end(mut input: Input, ending: Ending, bug: Id) -> io::Result<()> {
    if ending == Ending::Lost {
        return Ok(());
    }
    if bug == Id::CloseRst && ending == Ending::Closed {
        return socket2::SockRef::from(&*input.socket).set_linger(Some(Duration::ZERO));
    }
    match (bug, ending) {
        (Id::NeverEndsTcp, Ending::Closed) | (Id::FailedStaysOpen, Ending::Failed) => {
            return read_to_end(&mut input, NEVER);
        }
        (Id::ClosesUnread, Ending::Closed) => return Ok(()),
        _ => {}
    }
    input.socket.shutdown(Shutdown::Write)?;
    // Whoever serves one at a time had better not wait for one that is gone.
    read_to_end(&mut input, if bug == Id::OneClientAtATime { PATIENCE / 20 } else { PATIENCE })
}

fn read_to_end(input: &mut Input, time: Duration) -> io::Result<()> {
    input.within(Some(time));
    loop {
        input.forget();
        input.more()?;
    }
}
