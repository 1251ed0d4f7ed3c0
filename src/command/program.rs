//! The program that `ws101 check --run` starts: ended with the check, and with Ctrl-C as well.

use crate::check::memory::Process;
use crate::check::settings::Settings;
use crate::check::student::{Early, PATIENCE, Plan, Program, Student};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A program that was started, or none. Dropping it ends it.
#[derive(Default)]
pub(super) struct Started {
    student: Option<Student>,
    heard: Arc<Heard>,
}

/// What whoever hears Ctrl-C works with.
#[derive(Default)]
struct Heard {
    is_interrupted: AtomicBool,
    program: Mutex<Option<Program>>,
}

impl Started {
    /// Starts it and waits until its port answers. `Err(None)`: somebody has pressed Ctrl-C meanwhile.
    pub(super) fn new(plan: &Plan) -> Result<Started, Option<Early>> {
        let heard = Arc::new(Heard::default());
        let hears = Arc::clone(&heard);
        // The terminal's Ctrl-C does not reach the program: it has a process group of its own. Where no handler can be had,
        // Ctrl-C still ends the check.
        let _ = ctrlc::set_handler(move || hears.interrupt());
        let student = Student::start(plan)?;
        let program = student.program();
        heard.watch(&program);
        let result = program.wait(PATIENCE);
        let started = Started { student: Some(student), heard };
        match result {
            _ if started.is_interrupted() => Err(None),
            Ok(()) => Ok(started),
            Err(early) => Err(Some(early)),
        }
    }

    /// The settings of a check that knows it.
    pub(super) fn known(&self, settings: Settings) -> Settings {
        let Some(student) = &self.student else { return settings };
        let program = student.program();
        Settings { process: Some(Process::Group(program.group())), program: Some(program), ..settings }
    }

    /// Whether somebody has pressed Ctrl-C, and nothing counts any more.
    pub(super) fn is_interrupted(&self) -> bool {
        self.heard.is_interrupted.load(Ordering::SeqCst)
    }

    /// How it has ended before the check has, if it has.
    pub(super) fn obituary(&self) -> Option<String> {
        self.student.as_ref()?.program().obituary()
    }
}

impl Heard {
    fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
        if let Some(program) = &*self.program.lock().unwrap_or_else(PoisonError::into_inner) {
            program.stop();
        }
    }

    /// From here on an interrupt ends it; one that came before does so now.
    fn watch(&self, program: &Program) {
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) = Some(program.clone());
        if self.is_interrupted.load(Ordering::SeqCst) {
            program.stop();
        }
    }
}
