//! What comes in beside the socket: the lines of a pipe, the end of them, a signal.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// What a pipe, a prompt or a signal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line without its end. Bytes as they came.
    Line(Vec<u8>),
    /// There are no more lines.
    End,
    /// Ctrl-C, SIGINT, SIGTERM or SIGHUP: somebody wants this to stop.
    Interrupt,
    /// No more can be read, and why. Nothing follows from the same source.
    Failed(String),
    /// Nothing at all: a place among those that wait, taken by the long line before it.
    Nothing,
}

/// Counts the wishes to stop, be they signals or Ctrl-C at a prompt, and tells of the second. Who waits for a stdout that
/// nobody reads hears none of them, so somebody else must. Clones count together.
#[derive(Debug, Clone)]
pub struct Hurry {
    is_asked: Arc<AtomicBool>,
    /// An interrupt of this program's own is on its way, and will have come by then.
    own: Arc<Mutex<Option<Instant>>>,
    to: Sender<()>,
}

impl Hurry {
    /// Nobody wishes anything yet. The receiver gets its only word at the second wish.
    pub fn new() -> (Hurry, Receiver<()>) {
        let (to, hurry) = bounded(1);
        (Hurry { is_asked: Arc::default(), own: Arc::default(), to }, hurry)
    }

    /// An interrupt came; whether somebody wants this to stop. `false`: it was the program's own.
    pub fn interrupted(&self) -> bool {
        if self.excused() {
            return false;
        }
        if self.is_asked.swap(true, Ordering::SeqCst) {
            // Once told is enough.
            let _ = self.to.try_send(());
        }
        true
    }

    /// The program is about to interrupt itself. One interrupt that comes within so long is nobody's wish; a later one
    /// is, for then the own one has gone astray.
    pub fn excuse(&self, patience: Duration) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + patience);
    }

    /// Takes the excuse back, which is used up; whether there was one.
    pub fn excused(&self) -> bool {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner).take();
        own.is_some_and(|until| Instant::now() < until)
    }
}

/// So many bytes of a line take a place of the channel.
const PLACE: usize = 1 << 20;

/// Starts a thread that reads stdin line by line. A line ends with LF or CRLF, the last one also with the input, and has
/// at most `most` bytes: a longer one is [`Input::Failed`] and ends the reading, so that memory stays bounded. A line takes
/// a place of the channel for each MiB, so that many short ones can wait and few long ones.
pub fn from_pipe(most: u64, to: Sender<Input>) -> io::Result<()> {
    Builder::new().name("stdin".to_owned()).spawn(move || forward(io::stdin().lock(), most, &to))?;
    Ok(())
}

/// SIGINT, SIGTERM and SIGHUP as [`Input::Interrupt`]. `to` has room for two: the first asks for a closing handshake, the
/// second for an end at once, and what a third would want is done already. Call it once, and before a prompt is started,
/// which has a handler of its own while it reads.
///
/// `hurry` counts them too.
pub fn signals(to: Sender<Input>, hurry: Hurry) -> io::Result<()> {
    let handler = move || {
        if hurry.interrupted() {
            // Whoever has stopped listening is about to end.
            drop(to.try_send(Input::Interrupt));
        }
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

fn forward(mut reader: impl BufRead, most: u64, to: &Sender<Input>) {
    loop {
        let input = next_line(&mut reader, most);
        let more_places = match &input {
            Input::Line(line) => (line.len() / PLACE).min(to.capacity().unwrap_or(0).saturating_sub(1)),
            _ => 0,
        };
        let is_last = !matches!(input, Input::Line(_));
        if to.send(input).is_err() || is_last || (0..more_places).any(|_| to.send(Input::Nothing).is_err()) {
            return;
        }
    }
}

fn next_line(reader: &mut impl BufRead, most: u64) -> Input {
    let mut line = Vec::new();
    // Two more than a line may have: its end can be CRLF.
    match reader.take(most.saturating_add(2)).read_until(b'\n', &mut line) {
        Ok(0) => return Input::End,
        Ok(_) => {}
        Err(error) => return Input::Failed(format!("stdin can't be read: {error}")),
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.len() as u64 > most {
        return Input::Failed(format!("a line of stdin has more than {most} bytes (--max-message)"));
    }
    Input::Line(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;
    use std::io::BufReader;

    fn read(bytes: &[u8], most: u64) -> Vec<Input> {
        let (to, from) = bounded(16);
        // A small buffer, so that lines are put together from parts.
        forward(BufReader::with_capacity(3, bytes), most, &to);
        from.try_iter().collect()
    }

    fn line(text: &str) -> Input {
        Input::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        assert_eq!(read(b"a\nbc\r\n\n d \r", 10), [line("a"), line("bc"), line(""), line(" d \r"), Input::End]);
        assert_eq!(read(b"\xff\0\n", 10), [Input::Line(vec![0xff, 0]), Input::End]);
        assert_eq!(read(b"", 10), [Input::End]);
    }

    #[test]
    fn a_line_may_have_so_many_bytes_and_no_more() {
        assert_eq!(read(b"12345\r\n12345", 5), [line("12345"), line("12345"), Input::End]);
        for long in [&b"123456\n"[..], b"123456", b"123456\r\n", b"1234567890"] {
            let [Input::Failed(why)] = &read(long, 5)[..] else { panic!("{long:?}") };
            assert!(why.contains("more than 5 bytes"), "{why}");
        }
    }

    /// An endless line is not kept, nor read to its end.
    #[test]
    fn a_line_without_end_ends_the_reading() {
        let (to, from) = bounded(16);
        forward(BufReader::new(io::repeat(b'x')), 1000, &to);
        assert!(matches!(from.try_iter().collect::<Vec<_>>()[..], [Input::Failed(_)]));
    }

    #[test]
    fn a_long_line_takes_the_places_of_several() {
        let (to, from) = bounded(4);
        let lengths = [PLACE - 1, 2 * PLACE, 100 * PLACE, 0];
        let text: Vec<u8> = lengths.iter().flat_map(|length| [vec![b'x'; *length], vec![b'\n']].concat()).collect();
        let reading = Builder::new().spawn(move || forward(&text[..], 1 << 30, &to)).expect("a thread");
        let places: Vec<String> = from
            .iter()
            .map(|input| match input {
                Input::Line(line) => line.len().to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        reading.join().expect("no panic");
        let long = [(PLACE - 1).to_string(), (2 * PLACE).to_string(), (100 * PLACE).to_string()];
        let rest = ["Nothing", "Nothing", &long[2], "Nothing", "Nothing", "Nothing", "0", "End"];
        assert_eq!(places, [&[long[0].as_str(), &long[1]], &rest[..]].concat());
    }

    #[test]
    fn the_second_wish_to_stop_is_told_whoever_has_it() {
        let (hurry, told) = Hurry::new();
        let other = hurry.clone();
        hurry.interrupted();
        assert!(told.is_empty());
        for _ in 0..3 {
            other.interrupted();
            assert_eq!(told.len(), 1);
        }
    }

    #[test]
    fn an_interrupt_of_our_own_is_nobodys_wish() {
        let (hurry, told) = Hurry::new();
        assert!(hurry.interrupted());
        hurry.excuse(Duration::from_secs(60));
        assert!(!hurry.clone().interrupted() && told.is_empty());
        assert!(hurry.interrupted() && told.len() == 1, "it excuses one");
    }

    #[test]
    fn an_excuse_that_is_used_up_or_late_excuses_nothing() {
        let (hurry, told) = Hurry::new();
        hurry.excuse(Duration::from_secs(60));
        assert!(hurry.excused() && !hurry.excused());
        assert!(hurry.interrupted() && told.is_empty());
        hurry.excuse(Duration::ZERO);
        assert!(hurry.interrupted() && told.len() == 1);
    }

    #[test]
    fn nobody_who_listens_ends_the_reading() {
        let (to, from) = bounded(16);
        drop(from);
        forward(BufReader::new(io::repeat(b'\n')), 1000, &to);
    }

    #[test]
    fn a_source_that_fails_says_why() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let (to, from) = bounded(16);
        forward(BufReader::new(Broken), 10, &to);
        let said: Vec<Input> = from.try_iter().collect();
        assert_eq!(said, [Input::Failed("stdin can't be read: the disk is gone".to_owned())]);
    }
}
