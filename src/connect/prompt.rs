//! The prompt of a terminal: one line to edit, with a history, that what comes in does not tear.

use super::command::COMMANDS;
use super::input::{self, Hurry, Input};
use super::screen::Screen;
use crossbeam_channel::{Sender, bounded};
use rustyline::completion::Completer;
use rustyline::config::{BellStyle, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Behavior, Config, Context, Editor, ExternalPrinter, Helper};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

const PROMPT: &str = "> ";

/// How many lines the arrows find again. They are kept in memory alone: what was typed may be a password.
const HISTORY: usize = 1000;

/// A terminal without a prompt keeps lines of a few thousand bytes itself.
const LONGEST_LINE: u64 = 1 << 16;

/// How long the end waits until all is on the screen, and then until the prompt has let go of the terminal.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a signal may need to stop all threads.
const UNTIL_STOPPED: Duration = Duration::from_millis(50);

/// A terminal marks what is pasted while rustyline reads. That ends, and the cursor goes to a new line.
const BRACKETED_PASTE_OFF_AND_A_LINE: &str = "\x1b[?2004l\r\n";

/// A terminal that has hung up says "end of input" whenever it is asked.
const ENDS_OF_A_DEAD_TERMINAL: u32 = 3;

/// A prompt on the terminal. Dropping it gives the terminal back.
pub struct Prompt {
    held: Arc<Held>,
}

/// The same terminal, for whoever must give it back when the owner of the [`Prompt`] stands still. Dropping it does
/// nothing.
pub struct Spare {
    held: Arc<Held>,
}

struct Held {
    screen: Screen,
    terminal: terminal::Saved,
    is_empty: Arc<AtomicBool>,
    hurry: Hurry,
    is_restored: AtomicBool,
}

/// Starts a thread with a prompt, and one that brings above it what `screen` shows. The history is in memory. Lines and
/// the wish to end are sent to `to`: Ctrl-D is [`Input::End`], Ctrl-C on an empty line [`Input::Interrupt`] (a line that
/// is not empty it clears), and `hurry` counts it. After Ctrl-D the thread stays, so that Ctrl-C is still heard, but asks for nothing more; and
/// when nobody takes from `to` any more it stays too, so that what came is still shown, until the prompt is given back.
///
/// [`input::signals`] comes before this: while a line is read, SIGINT belongs to the prompt, which
/// gives it back to whoever had it before.
///
/// A terminal that can't move its cursor has no prompt and no history, but its lines are read all the same.
///
/// # Errors
/// Words, when the terminal can't be had, or a thread.
pub fn start(screen: &Screen, to: Sender<Input>, hurry: Hurry) -> Result<Prompt, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("no prompt on this terminal: {error}");
    let is_empty = Arc::new(AtomicBool::new(true));
    let config = Config::builder()
        .auto_add_history(true)
        .max_history_size(HISTORY)
        .and_then(|builder| builder.history_ignore_dups(true))
        .map_err(|error| wrong(&error))?
        // A prompt is not data: stdout may be a file.
        .behavior(Behavior::PreferTerm)
        .bell_style(BellStyle::None)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config).map_err(|error| wrong(&error))?;
    let line = Line { screen: screen.clone(), is_empty: Arc::clone(&is_empty), last: RefCell::default() };
    editor.set_helper(Some(line));
    let prompt = Prompt { held: Arc::new(Held::new(screen, &is_empty, &hurry)) };

    // TERM=dumb: a terminal that can't move its cursor edits its lines itself.
    let Ok(mut printer) = editor.create_external_printer() else {
        input::from_pipe(LONGEST_LINE, to).map_err(|error| wrong(&error))?;
        return Ok(prompt);
    };
    screen.stage().open();
    let shown = screen.clone();
    let printing =
        Builder::new().name("screen".to_owned()).spawn(move || shown.stage().run(|text| printer.print(text).is_ok()));
    printing.map_err(|error| wrong(&error))?;
    let asked = screen.clone();
    let asking = Builder::new().name("prompt".to_owned()).spawn(move || {
        let ears = Ears { to, hurry };
        let failed = ask(&mut editor, &asked, &is_empty, &ears);
        let rest = asked.stage().left();
        let _ = asked.to_terminal(&rest);
        // At last: whoever hears it ends.
        if let Some(why) = failed {
            ears.hear(Input::Failed(why));
        }
    });
    asking.map_err(|error| wrong(&error))?;
    Ok(prompt)
}

impl Prompt {
    /// A second hand on the terminal.
    pub fn spare(&self) -> Spare {
        Spare { held: Arc::clone(&self.held) }
    }

    /// Shows what is still to be shown and gives the terminal back as it was, the cursor at the start of a line. From now
    /// on the screen writes directly, and nobody reads the terminal. Takes as long as the terminal takes to show it; a
    /// second or two more when the prompt is busy.
    pub fn restore(&self) {
        self.held.restore();
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        self.restore();
    }
}

impl Spare {
    /// Does what [`Prompt::restore`] does, if nobody has, and hastens whoever is about it. Takes a second at most, also
    /// when the terminal takes no bytes: its modes it gets back in any case.
    pub fn restore(&self) {
        let stage = self.held.screen.stage();
        stage.hasten();
        let deadline = Instant::now() + 2 * PATIENCE;
        let (done, is_done) = bounded(1);
        let held = Arc::clone(&self.held);
        let restoring = Builder::new().name("terminal".to_owned()).spawn(move || {
            held.restore();
            let _ = done.send(());
        });
        if restoring.is_ok() {
            let _ = is_done.recv_deadline(deadline);
            // It may be somebody else who is about it.
            stage.wait_until_gone(deadline.saturating_duration_since(Instant::now()));
        }
        let _ = self.held.terminal.restore_at_once();
    }
}

impl Held {
    fn new(screen: &Screen, is_empty: &Arc<AtomicBool>, hurry: &Hurry) -> Held {
        Held {
            screen: screen.clone(),
            terminal: terminal::Saved::now(),
            is_empty: Arc::clone(is_empty),
            hurry: hurry.clone(),
            is_restored: AtomicBool::new(false),
        }
    }

    fn restore(&self) {
        if self.is_restored.swap(true, Ordering::SeqCst) {
            return;
        }
        let stage = self.screen.stage();
        stage.settle(PATIENCE);
        let end = match stage.leave() {
            None => "",
            Some(was_up) => {
                // Only a prompt that is up takes a signal; between two lines it looks by itself whether it may go on.
                if was_up {
                    // It comes to the prompt, or, if that has just ended its line, to the handler of signals.
                    self.hurry.excuse(PATIENCE);
                    terminal::wake();
                }
                match (was_up, stage.wait_until_gone(PATIENCE)) {
                    // It has gone to a new line. An empty one is not worth leaving.
                    (true, true) if self.is_empty.load(Ordering::SeqCst) => "\x1b[A\x1b[K",
                    (_, true) | (false, false) => "",
                    // It is still there, in a search or in half a key. What it would have done at the end:
                    (true, false) => BRACKETED_PASTE_OFF_AND_A_LINE,
                }
            }
        };
        let _ = self.terminal.restore();
        let _ = self.screen.to_terminal(end);
        let _ = self.screen.to_terminal(&stage.close());
    }
}

/// Who hears what is typed.
struct Ears {
    to: Sender<Input>,
    hurry: Hurry,
}

impl Ears {
    /// The wish to stop is counted first: `to` may have no room.
    fn hear(&self, input: Input) {
        if input == Input::Interrupt {
            self.hurry.interrupted();
        }
        // Who listens no more is about to tell the prompt to leave.
        let _ = self.to.send(input);
    }
}

/// Reads line after line until it is told to leave, or can't read any more, and why.
fn ask(
    editor: &mut Editor<Line, DefaultHistory>,
    screen: &Screen,
    is_empty: &AtomicBool,
    ears: &Ears,
) -> Option<String> {
    let mut ends = 0;
    while screen.stage().may_ask() {
        is_empty.store(true, Ordering::SeqCst);
        if let Some(line) = editor.helper_mut() {
            line.last.take();
        }
        let read = editor.readline(if ends == 0 { PROMPT } else { "" });
        screen.stage().down();
        let input = match read {
            // What is typed after the end has nowhere to go.
            Ok(_) if ends > 0 => continue,
            Ok(line) => Input::Line(line.into_bytes()),
            // Told to leave, and woken for it, be it now or long ago: a slow terminal keeps rustyline busy.
            Err(ReadlineError::Interrupted) if !screen.stage().may_ask() => {
                ears.hurry.excused();
                return None;
            }
            // As a shell does: the line is left as it is, and a new one begins.
            Err(ReadlineError::Interrupted) if !is_empty.load(Ordering::SeqCst) => continue,
            Err(ReadlineError::Interrupted) => Input::Interrupt,
            // A window that changed its size in the middle of a key.
            Err(ReadlineError::Signal(_)) => continue,
            Err(ReadlineError::Eof) => {
                ends += 1;
                match ends {
                    1 => Input::End,
                    ENDS_OF_A_DEAD_TERMINAL.. => return None,
                    _ => continue,
                }
            }
            Err(error) => return Some(format!("the terminal can't be read: {error}")),
        };
        ears.hear(input);
    }
    None
}

/// What rustyline asks while a line is edited.
struct Line {
    screen: Screen,
    is_empty: Arc<AtomicBool>,
    /// The line when it was last looked at, and the terminal while it is read. `None`: it was not yet.
    last: RefCell<Option<(String, terminal::Saved)>>,
}

impl Line {
    /// Ctrl-Z: rustyline tells the whole process to stop, makes the terminal raw again and draws the line, for it takes
    /// itself to have been stopped in between. With more than one thread it is stopped a little later, and then the shell
    /// has the last word on the terminal. So a line that is drawn again unchanged waits for what may come, and what the
    /// shell has changed is changed back.
    fn resume(&self, reading: &terminal::Saved) {
        let _ = crossbeam_channel::after(UNTIL_STOPPED).recv();
        if !terminal::Saved::now().is_raw() {
            let _ = reading.restore();
        }
    }
}

impl Helper for Line {}

impl Highlighter for Line {}

impl Hinter for Line {
    type Hint = String;

    /// Gives no hints. It is called whenever the line has changed, the first time when the terminal is ready and the
    /// prompt about to be drawn: from then on there is something to print above.
    fn hint(&self, line: &str, _at: usize, _context: &Context<'_>) -> Option<String> {
        self.is_empty.store(line.is_empty(), Ordering::SeqCst);
        self.screen.stage().up();
        let mut last = self.last.borrow_mut();
        match &mut *last {
            None => *last = Some((line.to_owned(), terminal::Saved::now())),
            Some((before, reading)) if before == line => self.resume(reading),
            Some((before, _)) => line.clone_into(before),
        }
        None
    }
}

impl Validator for Line {
    /// Every line is right. It is called at Enter, when the terminal is still ready: the last moment to say that it will
    /// not be for long.
    fn validate(&self, _context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.screen.stage().down();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Line {
    type Candidate = String;

    /// Tab completes a command as far as only one is meant. There is never a choice: while one is offered, nothing that
    /// comes in could be shown.
    fn complete(&self, line: &str, at: usize, _context: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((0, completed(&line[..at]).into_iter().collect()))
    }
}

fn completed(start: &str) -> Option<String> {
    let mut meant = COMMANDS.iter().filter(|command| start.len() > 1 && command.starts_with(start));
    let only = meant.next().filter(|_| meant.next().is_none())?;
    Some(format!("{only} "))
}

/// The terminal's modes, where they can be had without the prompt's help.
#[cfg(unix)]
mod terminal {
    use rustix::process::{Signal, getpid, kill_process};
    use rustix::stdio::stdin;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use std::io;

    /// How the terminal of stdin was at some time; `None`: it is none.
    pub struct Saved(Option<Termios>);

    impl Saved {
        pub fn now() -> Saved {
            Saved(tcgetattr(stdin()).ok())
        }

        /// Whether every key is read as it is pressed, and no line is waited for.
        pub fn is_raw(&self) -> bool {
            self.0.as_ref().is_none_or(|modes| !modes.local_modes.contains(LocalModes::ICANON))
        }

        pub fn restore(&self) -> io::Result<()> {
            let Some(modes) = &self.0 else { return Ok(()) };
            Ok(tcsetattr(stdin(), OptionalActions::Drain, modes)?)
        }

        /// The same, whether what was written has been shown or not: a terminal may take nothing more.
        pub fn restore_at_once(&self) -> io::Result<()> {
            let Some(modes) = &self.0 else { return Ok(()) };
            Ok(tcsetattr(stdin(), OptionalActions::Now, modes)?)
        }
    }

    /// Ends the line that is being read: rustyline takes SIGINT as Ctrl-C while it reads, and puts the terminal back.
    pub fn wake() {
        let _ = kill_process(getpid(), Signal::INT);
    }
}

/// On Windows only rustyline knows them.
#[cfg(not(unix))]
mod terminal {
    use std::io;

    /// Nothing.
    pub struct Saved;

    impl Saved {
        pub fn now() -> Saved {
            Saved
        }

        /// Nobody changes them.
        pub fn is_raw(&self) -> bool {
            true
        }

        pub fn restore(&self) -> io::Result<()> {
            Ok(())
        }

        pub fn restore_at_once(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Nothing can.
    pub fn wake() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_completes_what_can_only_be_one() {
        assert_eq!(completed("/pi").as_deref(), Some("/ping "));
        assert_eq!(completed("/c").as_deref(), Some("/close "));
        assert_eq!(completed("/p"), None);
        assert_eq!(completed("/"), None);
        assert_eq!(completed("/x"), None);
        assert_eq!(completed("ping"), None);
        assert_eq!(completed("/ping now"), None);
    }
}
