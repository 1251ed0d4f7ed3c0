//! Where events go in: into the log of this process, or into the one in Redis.

use super::event::Event;
use super::hub::Hub;
use super::redis::writer::Writer;
use std::sync::Arc;

/// Takes events in.
#[derive(Debug)]
pub enum Publisher<E> {
    /// The log is in this process.
    Here(Arc<Hub<E>>),
    /// The log is in Redis; the hub follows it.
    Redis(Arc<Hub<E>>, Writer),
}

// Not derived: that would ask the same of `E`.
impl<E> Clone for Publisher<E> {
    fn clone(&self) -> Publisher<E> {
        match self {
            Publisher::Here(hub) => Publisher::Here(Arc::clone(hub)),
            Publisher::Redis(hub, writer) => Publisher::Redis(Arc::clone(hub), writer.clone()),
        }
    }
}

impl<E> Publisher<E> {
    /// Publishes a text, and answers the event. An error is why it could not be published.
    pub fn publish(&self, text: String) -> Result<Event, String> {
        match self {
            Publisher::Here(hub) => Ok(hub.publish(text).event.clone()),
            Publisher::Redis(hub, writer) => {
                can_be_reached(hub)?;
                let taken = writer.publish(vec![text.clone()])?;
                Ok(Event { id: taken.last, at: taken.at, text })
            }
        }
    }

    /// Publishes texts that came together. Answers the number of the last.
    pub fn publish_all(&self, texts: Vec<String>) -> Result<u64, String> {
        match self {
            Publisher::Here(hub) => Ok(hub.publish_all(texts)),
            Publisher::Redis(hub, writer) => {
                can_be_reached(hub)?;
                Ok(writer.publish(texts)?.last)
            }
        }
    }
}

/// Whoever publishes while Redis is known to be away need not wait to hear so.
fn can_be_reached<E>(hub: &Hub<E>) -> Result<(), String> {
    match hub.source().away() {
        Some(away) => Err(format!("Redis, where the feed is kept, can't be reached: {}", away.why)),
        None => Ok(()),
    }
}
