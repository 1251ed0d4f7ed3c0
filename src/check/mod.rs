//! Any WebSocket server, in any language, graded case by case and told why.
//!
//! ```text
//!   settings ──▶ choose ──▶ conduct ──▶ report ──▶ words
//!                  │           │
//!               stages      trial: one run of one case
//!               (cases)        link: one connection ──▶ record: what passed
//! ```
//!
//! The server only has to echo. It is asked as a client would ask that knows the RFC and nothing of the server: what the
//! RFC leaves free is a note, and what it demands is a case with an address.
//!
//! Read [`case`], [`stages`] (all that is asked, in the order in which a server is built), [`trial`] (what a case works
//! with), [`ask`] (a request), [`link`] and [`hear`] (what comes), [`judge`], [`opening`] and [`closing`] (what is expected of
//! it), [`cause`] (what in the server does that), [`note`], [`record`], then [`choose`], [`conduct`] and [`report`]. It is told by
//! [`text`], [`json`], [`junit`] and [`points`]; [`list`] tells the cases before they are run. [`student`] starts a program to
//! check, and `witness` hears what it prints.

pub mod ask;
pub mod busy;
pub mod case;
pub mod cause;
pub mod choose;
pub mod closing;
pub mod conduct;
pub mod hear;
pub mod json;
pub mod judge;
pub mod junit;
pub mod link;
pub mod list;
pub mod memory;
pub mod note;
pub mod opening;
pub mod points;
pub mod record;
pub mod report;
pub mod settings;
pub mod stages;
pub mod student;
pub mod text;
pub mod trial;
mod witness;

pub use conduct::{Step, Unable, run};
pub use report::{Outcome, Report, StageReport, Status};
pub use settings::{Profile, Settings};
