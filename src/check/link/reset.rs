//! Resets: of this end, and of a server that has closed its socket and is sent more.

use super::Link;
use crate::check::record::{Passed, Way};
use crate::check::trial::pause;
use crate::client::ledger::Part;
use crate::protocol::frame::Handmade;
use std::time::Duration;

/// Long enough for a reset to come back.
const A_MOMENT: Duration = Duration::from_millis(50);

impl Link {
    /// Breaks the connection off: the server reads an error where an end would be.
    pub fn reset(self) {
        self.tell(Way::Sent, Passed::Remark("this end resets the connection".to_owned()));
        // Where that can't be had the connection ends with FIN.
        let _ = self.connection.reset();
    }

    /// Sends a frame twice, a moment apart. A server that has closed its socket answers the first with a reset, and then the
    /// second can't be written. Whether both were taken.
    pub fn is_taken(&mut self, frame: &Handmade) -> bool {
        let bytes = frame.encode();
        self.send(frame);
        pause(A_MOMENT);
        self.tell(Way::Sent, Passed::Remark("once more".to_owned()));
        self.write(&bytes, Part::Frames)
    }
}
