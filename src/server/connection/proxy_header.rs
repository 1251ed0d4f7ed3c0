//! The header of the PROXY protocol, before the first request (`--proxy-protocol`).

use super::super::socket;
use super::{Connection, Next};
use crate::protocol::proxy::{self, Parsed};
use std::io;
use std::time::Instant;

impl Connection<'_> {
    /// Reads it, whatever parts it comes in. `Some`: there is none that is right; that was answered, and this follows.
    ///
    /// When something else comes, the request is read all the same, so that it is refused in the form that it asks for.
    #[inline(never)]
    pub(super) fn read_proxy_header(&mut self) -> Option<Next> {
        let deadline = Instant::now() + self.head_time();
        loop {
            let refusal = match proxy::parse(self.buffer.filled()) {
                Parsed::Complete(header) => {
                    self.buffer.consume(header.len);
                    self.entry.outbound.lock().eyes().proxy_header(&header);
                    self.entry.client().came_with(header);
                    return None;
                }
                Parsed::Missing => {
                    self.lacks_proxy_header = true;
                    return None;
                }
                Parsed::Refused(refusal) => refusal,
                Parsed::NeedMore => match self.read_more_of_header(deadline) {
                    Ok(0) => return Some(Next::Gone),
                    Ok(_) => continue,
                    Err(error) if socket::is_timeout(&error) => proxy::too_late(),
                    Err(_) => return Some(Next::Gone),
                },
            };
            let plan = self.planner().unreadable(refusal, self.buffer.filled());
            return Some(self.carry_out(plan, deadline));
        }
    }

    /// While nothing at all has come a drain may end the connection.
    fn read_more_of_header(&mut self, deadline: Instant) -> io::Result<usize> {
        if self.buffer.filled().is_empty() { self.read_while_waiting(deadline) } else { self.read(deadline) }
    }
}
