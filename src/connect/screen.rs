//! Where things are shown: data on stdout, talk on stderr, and neither tears the other or the prompt.
//!
//! While a prompt is up, what goes to a terminal waits on the [`Stage`] until the prompt's thread has made room above the
//! half-typed line. What goes to a file or a pipe is written at once.

mod pieces;
pub mod stage;

use self::stage::Stage;
use anstream::ColorChoice;
use anstream::adapter::strip_str;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

/// Both ends of what this process says. Clones are the same screen.
#[derive(Clone)]
pub struct Screen {
    shared: Arc<Shared>,
}

struct Shared {
    quiet: bool,
    stdin: bool,
    stdout: bool,
    stderr: bool,
    colour: bool,
    stage: Stage,
}

impl Screen {
    /// Finds out what is a terminal, and whether talk may have colours: what `NO_COLOR` and its like say about stderr.
    pub fn new(quiet: bool) -> Screen {
        let stderr = io::stderr();
        let shared = Shared {
            quiet,
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: stderr.is_terminal(),
            colour: anstream::AutoStream::choice(&stderr) != ColorChoice::Never,
            stage: Stage::default(),
        };
        Screen { shared: Arc::new(shared) }
    }

    /// Whether data ends on a terminal, where bytes from outside must be escaped.
    pub fn data_is_terminal(&self) -> bool {
        self.shared.stdout
    }

    /// Whether talk may have colours.
    pub fn has_colour(&self) -> bool {
        self.shared.colour
    }

    /// Whether somebody can type and see: stdin is a terminal, and stderr or stdout too.
    pub fn is_interactive(&self) -> bool {
        self.shared.stdin && (self.shared.stdout || self.shared.stderr)
    }

    /// Writes to stdout, as it is, and flushes. The caller adds the line's end.
    ///
    /// # Errors
    /// What stdout says; a pipe that is closed at its other end, most of all.
    pub fn data(&self, line: &[u8]) -> io::Result<()> {
        if self.shared.stdout && self.shared.stage.put(&String::from_utf8_lossy(line)) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(line)?;
        out.flush()
    }

    /// A line or several to stderr, unless this is quiet. May hold colours, which are taken out where they are not wanted;
    /// a line break at the end is added when it is missing.
    pub fn talk(&self, text: &str) {
        if !self.shared.quiet {
            self.warn(text);
        }
    }

    /// The same, also when this is quiet.
    pub fn warn(&self, text: &str) {
        let mut text = if self.shared.colour { text.to_owned() } else { strip_str(text).to_string() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // A stderr that is gone is nothing to end for.
        let _ = self.to_stderr(&text);
    }

    /// Where the logger writes: past the prompt to stderr. Colours are the logger's to leave out.
    pub fn log_target(&self) -> Box<dyn Write + Send> {
        Box::new(Log(self.clone()))
    }

    /// What stands before the prompt, and its thread.
    pub fn stage(&self) -> &Stage {
        &self.shared.stage
    }

    /// Writes to the terminal itself, past the stage.
    pub fn to_terminal(&self, text: &str) -> io::Result<()> {
        if self.shared.stderr {
            return io::stderr().write_all(text.as_bytes());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn to_stderr(&self, text: &str) -> io::Result<()> {
        if self.shared.stderr && self.shared.stage.put(text) {
            return Ok(());
        }
        // One write, so that what other threads say does not fall into it.
        io::stderr().write_all(text.as_bytes())
    }
}

/// The logger's way to the screen. It hands over whole records.
struct Log(Screen);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.to_stderr(&String::from_utf8_lossy(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
