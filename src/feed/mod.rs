//! One numbered log of events, for whoever wants to follow it. No HTTP and no WebSocket: those are in
//! [`server::deliver`](crate::server::deliver), four ways to hand out the same events.
//!
//! ```text
//! ticker, POST, a message ─▶ hub.publish ─▶ log    the last N, by number ──────┐
//!                                       └─▶ bells  one a reader: there is news │
//!                                                    └──▶ reader.wait ◀────────┘
//! ```
//!
//! Read [`event`], then [`log`] (what is kept, and what is told about the rest), [`hub`] (events in), [`reader`] (events
//! out), [`ticker`] and [`report`] (events that come by themselves).

pub mod event;
pub mod hub;
pub mod log;
pub mod reader;
pub mod report;
pub mod ticker;

pub use event::{Event, Notice};
pub use hub::Hub;
