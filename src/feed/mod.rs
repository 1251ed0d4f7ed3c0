//! One numbered log of events, for whoever wants to follow it. No HTTP and no WebSocket: those are in
//! [`server::deliver`](crate::server::deliver), four ways to hand out the same events.
//!
//! ```text
//! ticker, POST, a message ─▶ hub.publish ─▶ log    the last N, by number ──────┐
//!                                       └─▶ bells  one a reader: there is news │
//!                                                    └──▶ reader.wait ◀────────┘
//! ```
//!
//! Read [`event`], then [`log`] (what is kept, and what is told about the rest), [`source`] (where it comes from), [`hub`]
//! (events in), [`bell`] (who sleeps, and who is woken when) and [`reader`] (events out), [`publisher`] (in here or
//! elsewhere), [`redis`] (one log for many servers), [`ticker`] and [`report`] (events that come by themselves).

pub mod bell;
pub mod event;
pub mod hub;
pub mod log;
pub mod publisher;
pub mod reader;
pub mod redis;
pub mod report;
pub mod source;
pub mod ticker;

pub use event::{Event, Notice};
pub use hub::Hub;
pub use publisher::Publisher;
pub use source::Source;
