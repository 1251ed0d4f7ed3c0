//! The least an event loop can do: one thread waits for all connections at once, reads what came and writes it back.
//!
//! Nobody waits for one connection. Each has one read a pass, and one that may hold more comes again in the next pass.
//! What a socket does not take is kept, and that connection is not read until it is gone.
//!
//! It imports nothing of the benchmark, so that a test can include it: tests/event_loop.rs.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

/// Connections are numbered from 0.
const LISTENER: Token = Token(usize::MAX);

/// How many events one poll may bring. Those beyond come with the next.
const EVENTS: usize = 1024;

/// As the bare echo's. One is enough for all connections.
pub const BUFFER: usize = 4096;

/// Serves until the poll itself fails.
pub fn echo(listener: std::net::TcpListener) -> io::Result<Infallible> {
    let mut all = Loop::new(listener)?;
    let mut events = Events::with_capacity(EVENTS);
    loop {
        all.pass(&mut events)?;
    }
}

pub struct Loop {
    poll: Poll,
    listener: TcpListener,
    /// By number. A number that is free is used again.
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// Who is to have a turn, each once.
    due: Vec<usize>,
    buffer: [u8; BUFFER],
}

struct Connection {
    stream: TcpStream,
    /// Read, and not yet written.
    rest: Vec<u8>,
    due: bool,
    /// The poll has told of its end. It does so once, so reads go on until they meet it.
    ending: bool,
}

/// What a connection is after its turn.
enum After {
    /// Nothing is left to do; the poll tells when there is.
    Quiet,
    /// There may be more to read, of which the poll does not tell again.
    Unread,
    Ended,
}

impl Loop {
    pub fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let (connections, free, due) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { poll, listener, connections, free, due, buffer: [0; BUFFER] })
    }

    /// Waits until there is something to do, and gives everybody who has something one turn.
    pub fn pass(&mut self, events: &mut Events) -> io::Result<()> {
        let wait = (!self.due.is_empty()).then_some(Duration::ZERO);
        match self.poll.poll(events, wait) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &*events {
            match event.token() {
                LISTENER => self.accept(),
                Token(number) => self.is_due(number, event.is_read_closed()),
            }
        }
        for number in std::mem::take(&mut self.due) {
            self.turn(number);
        }
        Ok(())
    }

    /// Takes all that wait: the poll tells of them only once. After an error the others wait for the next that comes.
    fn accept(&mut self) {
        loop {
            match self.listener.accept().and_then(|(stream, _)| self.add(stream)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    eprintln!("loop: {error}");
                    if error.kind() != ErrorKind::ConnectionAborted {
                        return;
                    }
                }
            }
        }
    }

    fn add(&mut self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let number = self.free.last().copied().unwrap_or(self.connections.len());
        self.poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        let connection = Some(Connection { stream, rest: Vec::new(), due: false, ending: false });
        match self.free.pop() {
            Some(number) => self.connections[number] = connection,
            None => self.connections.push(connection),
        }
        Ok(())
    }

    fn is_due(&mut self, number: usize, ending: bool) {
        if let Some(connection) = &mut self.connections[number] {
            connection.ending |= ending;
            if !connection.due {
                connection.due = true;
                self.due.push(number);
            }
        }
    }

    fn turn(&mut self, number: usize) {
        let Some(connection) = &mut self.connections[number] else { return };
        connection.due = false;
        match connection.turn(self.poll.registry(), Token(number), &mut self.buffer) {
            Ok(After::Quiet) => {}
            Ok(After::Unread) => self.is_due(number, false),
            // A peer that resets the connection has ended it too: nothing to report.
            Ok(After::Ended) | Err(_) => {
                self.connections[number] = None;
                self.free.push(number);
            }
        }
    }
}

impl Connection {
    /// One write of what is left, or else one read, and one write of what it brought.
    fn turn(&mut self, registry: &Registry, token: Token, buffer: &mut [u8]) -> io::Result<After> {
        if !self.rest.is_empty() {
            return self.write_rest(registry, token);
        }
        let read = match unless_blocked(|| self.stream.read(buffer))? {
            None => return Ok(After::Quiet),
            Some(0) => return Ok(After::Ended),
            Some(read) => read,
        };
        let written = unless_blocked(|| self.stream.write(&buffer[..read]))?.unwrap_or(0);
        if written < read {
            self.rest = buffer[written..read].to_vec();
            registry.reregister(&mut self.stream, token, Interest::WRITABLE)?;
            return Ok(After::Quiet);
        }
        // epoll(7): a read of less than was asked for has emptied the socket. What comes later is told.
        let is_empty = cfg!(target_os = "linux") && read < buffer.len() && !self.ending;
        Ok(if is_empty { After::Quiet } else { After::Unread })
    }

    fn write_rest(&mut self, registry: &Registry, token: Token) -> io::Result<After> {
        let written = unless_blocked(|| self.stream.write(&self.rest))?.unwrap_or(0);
        self.rest.drain(..written);
        // Asking again has the poll tell at once if there is room already, or something to read.
        let interest = if self.rest.is_empty() { Interest::READABLE } else { Interest::WRITABLE };
        registry.reregister(&mut self.stream, token, interest)?;
        if !self.rest.is_empty() {
            return Ok(After::Quiet);
        }
        self.rest = Vec::new();
        Ok(After::Unread)
    }
}

/// None: there is nothing to read now, or no room to write.
fn unless_blocked(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            done => return done.map(Some),
        }
    }
}
