//! The least a fan-out with a thread per connection can do: a bounded queue a subscriber, and a thread that takes an
//! event from it and writes it. Everybody shares the event's bytes.
//!
//! A connection's first byte says what it is for, and is echoed once that is so. A publisher then sends records of one
//! length, a subscriber gets them.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::common::Outcome;
use crate::common::accept::accept_loop;
use crate::transcript::RECORD;

pub const PUBLISHER: u8 = b'P';
pub const SUBSCRIBER: u8 = b'S';

/// As ws101's. Who has so many events waiting is left out.
const QUEUE: usize = 64;

/// What ws101's connections read at once.
const READ: usize = 4096;

type Event = Arc<[u8]>;

/// The subscribers' queues, and how each is emptied.
#[derive(Clone)]
struct Hub {
    queues: Arc<Mutex<Vec<Sender<Event>>>>,
    deliver: fn(TcpStream, &Receiver<Event>) -> std::io::Result<()>,
}

/// One write an event.
pub fn serve() -> Outcome<()> {
    run("bare", one_by_one)
}

/// One write for all events that wait.
pub fn serve_batched() -> Outcome<()> {
    run("bare, batched", all_that_wait)
}

fn run(name: &'static str, deliver: fn(TcpStream, &Receiver<Event>) -> std::io::Result<()>) -> Outcome<()> {
    let hub = Hub { queues: Arc::default(), deliver };
    accept_loop(name, move |stream| {
        // A peer that ends or resets the connection is done: nothing to report.
        let _ended = hub.serve(stream);
    })
}

impl Hub {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut role = [0; 1];
        stream.read_exact(&mut role)?;
        if role == [PUBLISHER] {
            stream.write_all(&role)?;
            return self.publish(stream);
        }
        let (queue, events) = bounded(QUEUE);
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).push(queue);
        stream.write_all(&role)?;
        (self.deliver)(stream, &events)
    }

    fn publish(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::with_capacity(READ, stream);
        let mut record = [0; RECORD];
        loop {
            stream.read_exact(&mut record)?;
            let event: Event = Arc::from(record.as_slice());
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.retain(|queue| queue.try_send(Arc::clone(&event)).is_ok());
        }
    }
}

fn one_by_one(mut stream: TcpStream, events: &Receiver<Event>) -> std::io::Result<()> {
    events.iter().try_for_each(|event| stream.write_all(&event))
}

fn all_that_wait(mut stream: TcpStream, events: &Receiver<Event>) -> std::io::Result<()> {
    let mut batch = Vec::new();
    for event in events {
        if events.is_empty() {
            stream.write_all(&event)?;
            continue;
        }
        batch.extend_from_slice(&event);
        events.try_iter().for_each(|event| batch.extend_from_slice(&event));
        stream.write_all(&batch)?;
        batch.clear();
    }
    Ok(())
}
