//! What a case works with: the server, chance that comes out the same each time, and a memory of what passed.

use super::ask::Ask;
use super::busy;
use super::case::{Failure, Stop};
use super::link::{Answer, End, Link};
use super::memory;
use super::note::{self, Note};
use super::record::Record;
use super::settings::Settings;
use super::witness::is_refused;
use crate::client::socket::Connection;
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crossbeam_channel::after;
use data_encoding::BASE64;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How many timeouts may pass on the connections of a case since the last of them was begun, however many steps it has.
const TIMEOUTS: u32 = 5;

/// Of a connection that is not answered where others were.
const KEPT: &str = "connections before this one keep what it waits for: does each give back its thread, or its place, also when \
                    it ends by an error? If it is not that, the opening handshake does not work: see the stages 1 to 4";

/// So many bytes keep no server busy.
const LITTLE: usize = 16 * 1024;

/// The masking key that changes nothing.
pub const ZERO: [u8; 4] = [0; 4];

/// What all connections of a case write into.
#[derive(Debug, Default)]
pub struct Shared {
    /// What passed.
    pub record: Record,
    /// What is legal, and unusual.
    pub notes: Vec<Note>,
    /// A connection has ended with neither an answer of HTTP nor a Close of the server's.
    pub is_cut: bool,
    /// How many bytes were sent, or tried to be.
    pub sent: usize,
    /// Nobody listened when the first connection was begun.
    pub is_nobody_there: bool,
}

/// One run of one case.
pub struct Trial<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// Draws keys, payloads and cuts: the same for the same seed and address.
    pub rng: fastrand::Rng,
    shared: Rc<RefCell<Shared>>,
    deadline: Instant,
    links: usize,
}

impl<'a> Trial<'a> {
    /// The run of the case at this address.
    pub fn new(settings: &'a Settings, address: &str) -> Trial<'a> {
        // FNV-1a: each case draws for itself, so that what it draws does not depend on which others are run.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = address.bytes().fold(0xcbf2_9ce4_8422_2325 ^ settings.seed, mix);
        Trial {
            settings,
            rng: fastrand::Rng::with_seed(seed),
            shared: Rc::default(),
            deadline: Instant::now() + settings.timeout * TIMEOUTS,
            links: 0,
        }
    }

    /// What passed, and what is to be noted.
    pub fn into_shared(self) -> Shared {
        self.shared.take()
    }

    /// Something legal that a reader would not expect, told beside the verdict. Said twice it is told once.
    pub fn note(&mut self, words: impl Into<String>) {
        note::add(&mut self.shared.borrow_mut().notes, Note::new(words));
    }

    /// The right request of an opening handshake, with whatever the user adds to it, and a key of its own.
    pub fn ask(&mut self) -> Ask {
        let nonce: [u8; 16] = std::array::from_fn(|_| self.rng.u8(..));
        let (url, offer) = (&self.settings.url, &self.settings.offer);
        let mut ask = Ask::upgrade(&url.target(), &url.authority, &BASE64.encode(&nonce));
        if let Some(origin) = &offer.origin {
            ask = ask.and("Origin", origin);
        }
        if !offer.protocols.is_empty() {
            ask = ask.and("Sec-WebSocket-Protocol", &offer.protocols.join(", "));
        }
        if let Some(authorization) = url.authorization() {
            ask = ask.and("Authorization", &authorization);
        }
        for (at, (name, value)) in offer.fields.iter().enumerate() {
            let bare = name.trim_end_matches(';');
            let is_again = offer.fields[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            ask = match (value.is_empty() && bare == name, is_again) {
                (true, _) => ask.without(bare),
                // The first of a name takes the place of the one that is there anyway; more of it are more of it.
                (false, false) => ask.with(bare, value),
                (false, true) => ask.and(bare, value),
            };
        }
        ask
    }

    /// A connection, with nothing said on it. A server that takes none is a failure, whatever the case is about.
    pub fn connect(&mut self) -> Result<Link, Stop> {
        let now = Instant::now();
        // A server that answers late, but in time, is not out of time because a case has many connections.
        self.deadline = self.deadline.max(now + self.settings.timeout * TIMEOUTS);
        let deadline = now + self.settings.timeout;
        let connection = Connection::open_with(&self.settings.url, &self.settings.trust, deadline);
        let connection = connection.map_err(|error| {
            self.shared.borrow_mut().is_nobody_there |= self.links == 0 && is_refused(&error);
            let cause = "the server has stopped, or takes no more connections: see what it printed last";
            Failure::new("a connection", error.with_stars().to_string()).because(cause)
        })?;
        self.links += 1;
        Ok(Link::new(self.links, connection, Rc::clone(&self.shared), self.settings.timeout, self.deadline))
    }

    /// An open WebSocket, by a right opening handshake. Of the answer only the status is looked at: the rest is the business
    /// of the stages 2 to 4.
    pub fn open(&mut self) -> Result<Link, Stop> {
        let ask = self.ask();
        let mut link = self.connect()?;
        link.send_head(&ask);
        match link.answer() {
            Answer::Head(head) if head.status == 101 => Ok(link),
            answer => {
                let cause = match answer {
                    Answer::End(End::Silence(_)) if self.links > 1 => KEPT,
                    _ => "the opening handshake does not work: see the stages 1 to 4",
                };
                Err(Failure::new("101 Switching Protocols: a right opening handshake", answer.words())
                    .because(cause)
                    .into())
            }
        }
    }

    /// A whole, masked frame.
    pub fn frame(&mut self, opcode: Opcode, payload: impl Into<Vec<u8>>) -> Handmade {
        let key = self.key();
        Handmade { mask: Some(key), ..Handmade::new(opcode, payload.into()) }
    }

    /// A text message in one masked frame.
    pub fn text(&mut self, text: &str) -> Handmade {
        self.frame(Opcode::Text, text)
    }

    /// A message in fragments with these payloads: the first has the opcode, the last has FIN 1, each has its own key.
    pub fn fragments(&mut self, opcode: Opcode, pieces: &[&[u8]]) -> Vec<Handmade> {
        let opcodes = std::iter::once(opcode).chain(std::iter::repeat(Opcode::Continuation));
        let mut frames: Vec<Handmade> =
            opcodes.zip(pieces).map(|(opcode, piece)| Handmade { fin: false, ..self.frame(opcode, *piece) }).collect();
        if let Some(last) = frames.last_mut() {
            last.fin = true;
        }
        frames
    }

    /// A masking key in which no two bytes are the same and none is zero, so that a slip shows.
    pub fn key(&mut self) -> [u8; 4] {
        loop {
            let key: [u8; 4] = std::array::from_fn(|_| self.rng.u8(1..));
            let differs = (0..4).all(|at| !key[..at].contains(&key[at]));
            if differs {
                return key;
            }
        }
    }

    /// A key like that in which no byte has its highest bit set. Under it text stays text, however wrong it is unmasked: a
    /// server that looks whether it is UTF-8 sends it back all the same, and what comes back shows what is wrong.
    pub fn soft_key(&mut self) -> [u8; 4] {
        loop {
            let key = self.key();
            if key.is_ascii() {
                return key;
            }
        }
    }

    /// So many letters and digits.
    pub fn words(&mut self, len: usize) -> String {
        (0..len).map(|_| self.rng.alphanumeric()).collect()
    }

    /// So many bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.rng.u8(..)).collect()
    }

    /// Waits: for what must be read apart to be sent apart.
    pub fn pause(&self, time: Duration) {
        pause(time);
    }

    /// More time for a case with more to do: so many times the timeout from now on.
    pub fn take_time(&mut self, timeouts: u32) {
        self.deadline = Instant::now() + self.settings.timeout * timeouts;
    }

    /// Whether the server's process works without end. Only asked when nobody is connected; where that or the process can't be
    /// seen it is not.
    pub fn is_busy(&self) -> bool {
        let Settings { process, jobs, .. } = self.settings;
        *jobs == 1 && process.as_ref().is_some_and(|process| busy::is_busy(process, pause))
    }

    /// Whether nothing came for a whole wait, though so little was sent that no server works on it for that long.
    pub(super) fn is_silent_for_little(&self) -> bool {
        let shared = self.shared.borrow();
        shared.record.silences > 0 && shared.sent <= LITTLE
    }

    /// The memory that the server's process has in use, in bytes.
    pub fn memory(&self) -> Result<u64, Stop> {
        let process = self.settings.process.as_ref();
        let process = process.ok_or_else(|| Stop::Skipped("it needs --pid or --run, to see the memory".to_owned()))?;
        memory::resident(process).ok_or_else(|| Stop::Skipped("its memory can't be seen".to_owned()))
    }
}

/// Waits.
pub(super) fn pause(time: Duration) {
    // Nothing is ever in this channel but the end of the time.
    let _ = after(time).recv();
}
