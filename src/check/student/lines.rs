//! The last lines of what a program says, on stdout and on stderr. All of it is read, or a full pipe would stop the
//! program; what is kept has a bound.

use crate::wire::escape;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How many lines are kept, and how many bytes of them together.
const MOST_LINES: usize = 20;
const MOST_BYTES: usize = 4096;

/// A longer line is kept as several.
const LONGEST: u64 = 512;

/// What the program has said last.
pub(super) struct Lines {
    kept: Arc<Mutex<Kept>>,
    /// Each reader has a sender, and nothing is ever sent: when all of them are gone, all is read.
    ended: Receiver<()>,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// How many there were altogether.
    count: usize,
}

impl Lines {
    /// Reads from all of these, each in a thread of its own, until their ends.
    pub(super) fn of(streams: Vec<Box<dyn Read + Send>>) -> io::Result<Lines> {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (sender, ended) = bounded(0);
        for stream in streams {
            let (kept, sender): (_, Sender<()>) = (Arc::clone(&kept), sender.clone());
            let read = move || {
                read(stream, &kept);
                drop(sender);
            };
            thread::Builder::new().name("student-says".to_owned()).spawn(read)?;
        }
        Ok(Lines { kept, ended })
    }

    /// The last lines, made safe for a terminal.
    pub(super) fn last(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.lines.iter().map(|line| escape::printed(line)).collect()
    }

    /// How many lines there were so far.
    pub(super) fn count(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    /// Those of the last lines that came after so many.
    pub(super) fn since(&self, count: usize) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let new = kept.count.saturating_sub(count).min(kept.lines.len());
        kept.lines.iter().skip(kept.lines.len() - new).map(|line| escape::printed(line)).collect()
    }

    /// Waits until all is read, but not longer than this: a child of the program may hold the pipe open.
    pub(super) fn settle(&self, patience: Duration) {
        // It never gets anything: this is the end, or too late.
        let _ = self.ended.recv_timeout(patience);
    }
}

impl Kept {
    fn push(&mut self, line: &[u8]) {
        self.count += 1;
        self.bytes += line.len();
        self.lines.push_back(line.to_vec());
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(first) = self.lines.pop_front() else { return };
            self.bytes -= first.len();
        }
    }
}

fn read(stream: impl Read, kept: &Mutex<Kept>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    // A stream that cannot be read any more has ended as well.
    while stream.by_ref().take(LONGEST).read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(line.trim_ascii_end());
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(said: &[u8]) -> Vec<String> {
        let lines = Lines::of(vec![Box::new(io::Cursor::new(said.to_vec()))]).expect("a thread");
        lines.settle(Duration::from_secs(30));
        lines.last()
    }

    #[test]
    fn lines_are_kept_in_order_and_without_their_ends() {
        assert_eq!(last(b"one\r\ntwo\n\nlast"), ["one", "two", "", "last"]);
        assert_eq!(last(b""), [""; 0]);
    }

    #[test]
    fn many_lines_and_long_ones_are_cut() {
        let many: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        let kept = last(many.as_bytes());
        assert_eq!((kept.len(), kept[0].as_str(), kept[19].as_str()), (20, "line 980", "line 999"));
        let long = last(&vec![b'a'; 1 << 20]);
        assert!(long.concat().len() <= MOST_BYTES && long.len() == MOST_BYTES / LONGEST as usize, "{}", long.len());
    }

    #[test]
    fn the_lines_since_a_moment_are_told_from_those_before() {
        let said: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        let lines = Lines::of(vec![Box::new(io::Cursor::new(said))]).expect("a thread");
        lines.settle(Duration::from_secs(30));
        assert_eq!(lines.count(), 1000);
        assert_eq!(lines.since(998), ["line 998", "line 999"]);
        assert_eq!((lines.since(1000).len(), lines.since(0).len()), (0, MOST_LINES));
    }

    #[test]
    fn nothing_of_it_moves_a_terminal() {
        assert_eq!(last(b"\x1b[2Jgone\xff\n"), ["\\u{1b}[2Jgone\\xff"]);
    }
}
