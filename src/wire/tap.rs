//! The tap: sees every byte of one connection, both ways, in the order of the wire, and tells it to the log.
//!
//! Before the 101 the bytes are heads and bodies; after it they are frames. At `trace` every read and write is a hex
//! dump, at `debug` a head is shown field by field and a frame in a line.
//!
//! The tap never changes or fails a connection. A connection of which the log shows nothing has none ([`Tap::new`] answers
//! `None`), so that the bytes pass at the cost of one branch. With `--trace-path` the lines of a request wait until its path is
//! known, and are then printed or dropped; so with `--trace-peer` where a proxy has to say who the client is.

use super::events;
use super::frames::{Frames, unmasked};
use super::lines;
use super::secrets::{Stars, starred};
use crate::protocol::header::Header;
use crate::protocol::opcode::Opcode;
use crate::protocol::proxy;
use log::Level;
use std::net::IpAddr;
use tungstenite::protocol::Role;

/// How many lines of a head wait for its path. A head that comes in more reads than this is being typed, or hostile.
const WAITING_LINES: usize = 200;

/// As much of a payload is kept whatever `--dump-bytes` says: a one-line summary quotes it, a Close is read from it.
const LEAST_KEPT: usize = if lines::SUMMARY_BYTES > 125 { lines::SUMMARY_BYTES } else { 125 };

/// Which connections are told, and how much of them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Only connections to one of these paths. Empty: all.
    pub paths: Vec<String>,
    /// Only connections from one of these addresses. Empty: all.
    pub peers: Vec<IpAddr>,
    /// How many bytes of a payload are shown; 0: all.
    pub dump_bytes: usize,
    /// Show the values of secret header fields.
    pub show_secrets: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { paths: Vec::new(), peers: Vec::new(), dump_bytes: 256, show_secrets: false }
    }
}

impl Settings {
    /// Whether connections from this address are told.
    fn wants(&self, client: IpAddr) -> bool {
        self.peers.is_empty() || self.peers.contains(&client.to_canonical())
    }
}

/// What the log is told of one connection.
#[derive(Debug)]
pub struct Tap {
    who: String,
    /// Which end of the connection this program is.
    role: Role,
    settings: Settings,
    incoming: Direction,
    outgoing: Direction,
    told: Told,
    /// A head is shown whole; what follows it is elided.
    in_head: bool,
    /// Not all clients are wanted, and who it is comes with each request.
    waits_for_client: bool,
}

/// Whether lines are printed. Without `--trace-path` they always are, and without `--trace-peer` behind a proxy.
#[derive(Debug)]
enum Told {
    Yes,
    No,
    /// They wait for the path or the client to be known, at most `WAITING_LINES` of them.
    Later(Vec<(Level, String)>),
}

#[derive(Debug)]
struct Direction {
    mark: char,
    stars: Stars,
    /// `None` while the bytes are HTTP.
    frames: Option<Frames>,
    /// The frame that is passing was shown already, before its payload was complete.
    announced: bool,
    /// Bytes are counted and dumped, but no longer understood.
    given_up: bool,
}

impl Tap {
    /// A tap for the connection called `who`, or `None` when the log shows nothing of it. `client` is who is at the other
    /// end; `None`: that is known with each request, since a proxy stands between.
    pub fn new(who: &str, client: Option<IpAddr>, settings: &Settings) -> Option<Box<Tap>> {
        let wanted = client.is_none_or(|client| settings.wants(client));
        let mut tap = if wanted { Tap::of(who, Role::Server, settings) } else { None }?;
        tap.waits_for_client = client.is_none() && !settings.peers.is_empty();
        Some(tap)
    }

    /// The same for a connection that this program has opened.
    pub fn of_client(who: &str, settings: &Settings) -> Option<Box<Tap>> {
        Tap::of(who, Role::Client, settings)
    }

    fn of(who: &str, role: Role, settings: &Settings) -> Option<Box<Tap>> {
        if !log::log_enabled!(Level::Debug) {
            return None;
        }
        Some(Box::new(Tap {
            who: who.to_owned(),
            role,
            settings: settings.clone(),
            incoming: Direction::new('<'),
            outgoing: Direction::new('>'),
            told: Told::Yes,
            in_head: true,
            waits_for_client: false,
        }))
    }

    /// Another request begins on the connection: its lines wait where not all of them are wanted.
    pub fn next_request(&mut self) {
        self.in_head = true;
        let waits = self.waits_for_client || !self.settings.paths.is_empty();
        self.told = if waits { Told::Later(Vec::new()) } else { Told::Yes };
    }

    /// The path and the client are known: what waited for them is printed or dropped, and what follows is told or not. A
    /// head that could not be read has no path, and is none of those that are wanted.
    pub fn request_is(&mut self, path: Option<&str>, client: IpAddr) {
        self.in_head = false;
        if let Told::Later(waiting) = &mut self.told {
            let waiting = std::mem::take(waiting);
            let paths = &self.settings.paths;
            let path_is_wanted = paths.is_empty() || path.is_some_and(|path| paths.iter().any(|wanted| wanted == path));
            let wanted = path_is_wanted && (!self.waits_for_client || self.settings.wants(client));
            self.told = if wanted { Told::Yes } else { Told::No };
            for (level, line) in waiting.into_iter().filter(|_| wanted) {
                log::log!(level, "{line}");
            }
        }
    }

    /// A header of the PROXY protocol came before the first request.
    pub fn proxy_header(&mut self, header: &proxy::Header) {
        self.tell(Level::Debug, '<', &lines::proxy_header(header));
    }

    /// Nothing more is told of this request and its answer; `why` is the last word.
    pub fn hush(&mut self, why: &str) {
        self.state(why);
        self.told = Told::No;
    }

    /// Whether nothing is told, because the path is not one of those wanted.
    pub fn is_muted(&self) -> bool {
        matches!(self.told, Told::No)
    }

    /// Bytes that a read brought.
    pub fn read(&mut self, bytes: &[u8]) {
        self.dump(true, bytes);
        self.decode(true, bytes);
    }

    /// Bytes that a write took.
    pub fn wrote(&mut self, bytes: &[u8]) {
        self.dump(false, bytes);
        self.decode(false, bytes);
    }

    /// A part of a response's body that a write took: `framed` as it went out, `part` without the coding's own bytes.
    pub fn wrote_part(&mut self, framed: &[u8], part: &[u8]) {
        if self.is_muted() {
            return;
        }
        let most = self.settings.dump_bytes;
        if log::log_enabled!(Level::Trace) {
            let dump = format!("{}{}", events::bytes(framed.len() as u64), lines::hex_dump(framed, most));
            self.tell(Level::Trace, '>', &dump);
        }
        self.tell(Level::Debug, '>', &lines::body_part(framed.len(), part, most));
    }

    /// The head that came in, a request's or an answer's, is complete, or as complete as it gets.
    pub fn head(&mut self, head: &[u8]) {
        let shown = lines::head(&self.starred(head));
        self.tell(Level::Debug, '<', &shown);
    }

    /// A line about the connection's state.
    pub fn state(&mut self, text: &str) {
        self.tell(Level::Debug, '=', text);
    }

    /// The 101 was written or read: from here on the bytes are frames.
    pub fn upgraded(&mut self) {
        self.in_head = false;
        self.incoming.frames = Some(Frames::default());
        self.outgoing.frames = Some(Frames::default());
    }

    /// Frames that came in the same read as the head: they were dumped with it, and are decoded now.
    pub fn glued(&mut self, bytes: &[u8]) {
        self.decode(true, bytes);
    }

    /// The session failed: what else comes in is dumped, but not understood.
    pub fn give_up_on_incoming(&mut self) {
        self.incoming.given_up = true;
    }

    /// The connection has ended: tells of a frame that was left unfinished.
    pub fn ended(&mut self) {
        for incoming in [true, false] {
            let direction = self.direction(incoming);
            let Some(frames) = direction.frames.as_ref().filter(|_| !direction.given_up) else { continue };
            let Some(text) = frames.unfinished() else { continue };
            self.tell(Level::Debug, '!', &text);
        }
    }

    fn dump(&mut self, incoming: bool, bytes: &[u8]) {
        if !log::log_enabled!(Level::Trace) || bytes.is_empty() {
            return;
        }
        let show_secrets = self.settings.show_secrets;
        let most = self.settings.dump_bytes;
        // The other direction writes a head at a time, and begins with it.
        let whole = if self.in_head || !incoming { whole_head(bytes, most) } else { most };
        let direction = self.direction(incoming);
        let mark = direction.mark;
        let dump = match &direction.frames {
            Some(_) => lines::hex_dump(bytes, most),
            None if show_secrets => lines::hex_dump(bytes, whole),
            None => lines::hex_dump(&direction.stars.apply(bytes), whole),
        };
        self.tell(Level::Trace, mark, &format!("{}{dump}", events::bytes(bytes.len() as u64)));
    }

    fn decode(&mut self, incoming: bool, bytes: &[u8]) {
        let most = self.settings.dump_bytes;
        let direction = self.direction(incoming);
        let mark = direction.mark;
        if direction.given_up || bytes.is_empty() {
            return;
        }
        let Some(mut frames) = direction.frames.take() else {
            if !incoming {
                self.written_head(bytes);
            }
            return;
        };
        let kept = if most == 0 { usize::MAX } else { most.max(LEAST_KEPT) };
        let mut announced = direction.announced;
        let mut rest = bytes;
        while let Some(piece) = frames.splitter.next(&mut rest) {
            if let Some((header, payload)) = frames.take(piece, kept) {
                self.show_frame(mark, &header, payload, announced);
                announced = false;
                if header.opcode == Opcode::Close {
                    self.nothing_follows_close(incoming, rest);
                    break;
                }
            }
        }
        announced = self.announce_unfinished(mark, &frames, announced);
        let direction = self.direction(incoming);
        direction.announced = announced;
        direction.frames = Some(frames);
    }

    /// s5.5.1: after a Close nothing of interest can come.
    fn nothing_follows_close(&mut self, incoming: bool, rest: &[u8]) {
        self.direction(incoming).given_up = true;
        if !rest.is_empty() {
            self.tell(
                Level::Debug,
                '!',
                &format!("{} after the Close, not looked at (s5.5.1)", events::bytes(rest.len() as u64)),
            );
        }
    }

    fn written_head(&mut self, bytes: &[u8]) {
        // What this program writes is a whole request or response at a time.
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        let mut shown = lines::head(&self.starred(&bytes[..end]));
        if end < bytes.len() {
            shown.push_str(&format!("\n    ({} of body)", events::bytes((bytes.len() - end) as u64)));
        }
        self.tell(Level::Debug, '>', &shown);
    }

    /// A read may end inside a frame. Said once, when it happens, so that a length written wrong is seen at once.
    fn announce_unfinished(&mut self, mark: char, frames: &Frames, announced: bool) -> bool {
        let Some((header, passed)) = frames.splitter.frame_in_progress() else { return false };
        if !announced {
            let line = lines::frame(&header, &unmasked(&header, frames.payload()));
            let text = format!("{line} -- {passed} of {} payload bytes so far", header.length);
            self.tell(Level::Debug, mark, &text);
            self.show_bits(mark, &header, frames.payload());
        }
        true
    }

    fn show_frame(&mut self, mark: char, header: &Header, payload: &[u8], announced: bool) {
        let line = lines::frame(header, &unmasked(header, payload));
        let complete = if announced { " -- complete" } else { "" };
        self.tell(Level::Debug, mark, &format!("{line}{complete}"));
        self.show_bits(mark, header, payload);
    }

    fn show_bits(&mut self, mark: char, header: &Header, payload: &[u8]) {
        if log::log_enabled!(Level::Trace) {
            let sender = match (mark, self.role) {
                ('<', Role::Server) | ('>', Role::Client) => Role::Client,
                _ => Role::Server,
            };
            let indent = lines::indent(&self.who);
            let bits = lines::bits(header, sender, payload, self.settings.dump_bytes, &indent);
            self.tell(Level::Trace, mark, &bits);
        }
    }

    fn starred(&self, head: &[u8]) -> Vec<u8> {
        if self.settings.show_secrets { head.to_vec() } else { starred(head) }
    }

    fn direction(&mut self, incoming: bool) -> &mut Direction {
        if incoming { &mut self.incoming } else { &mut self.outgoing }
    }

    fn tell(&mut self, level: Level, mark: char, text: &str) {
        let line = format!("{} {mark} {text}", self.who);
        match &mut self.told {
            Told::Yes => log::log!(level, "{line}"),
            Told::No => {}
            Told::Later(waiting) if waiting.len() < WAITING_LINES => waiting.push((level, line)),
            Told::Later(waiting) if waiting.len() == WAITING_LINES => {
                waiting.push((level, format!("{} ! more reads than are remembered", self.who)));
            }
            Told::Later(_) => {}
        }
    }
}

impl Direction {
    fn new(mark: char) -> Direction {
        Direction { mark, stars: Stars::default(), frames: None, announced: false, given_up: false }
    }
}

/// A head is always shown whole; of what follows it, `most` bytes.
fn whole_head(bytes: &[u8], most: usize) -> usize {
    if most == 0 {
        return 0;
    }
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| most.saturating_add(at + 4))
}
