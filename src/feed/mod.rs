//! One numbered log of events, for whoever wants to follow it. No HTTP and no WebSocket: those are in
//! [`server::deliver`](crate::server::deliver), four ways to hand out the same events.
//!
//! ```text
//! ticker, POST, a message ─▶ hub.publish ─▶ log   the last N, by number
//!                                       └─▶ each subscriber's bounded queue
//! ```
//!
//! Read [`event`], then [`log`] (what is kept, and what is told about the rest), [`hub`] (who wants the next one),
//! [`reader`] (waiting for it), [`ticker`] and [`report`] (events that come by themselves).

pub mod event;
pub mod hub;
pub mod log;
pub mod reader;
pub mod report;
pub mod ticker;

pub use event::{Event, Notice};
pub use hub::Hub;
