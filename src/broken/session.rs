//! Messages: frames put together, looked at, and sent back (RFC 6455 s5.4).

use super::Id;
use super::closing::Ending;
use super::frame;
use super::header::{self, BINARY, CONTINUATION, Header, LONGEST, LONGEST_WITHOUT_LIMIT, TEXT};
use super::input::Input;
use super::shared::{Shared, locked};
use super::utf8::{self, Utf8};
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Something, or why the session ends.
pub type Step<T> = Result<T, Stop>;

/// Why a session ends.
#[derive(Debug)]
pub enum Stop {
    /// TCP has ended, or the client was silent for too long.
    Lost,
    /// The client has broken a rule: the close code, and which one.
    Broken(u16, &'static str),
    /// Both ends have sent a Close.
    Closed,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Stop {
        Stop::Lost
    }
}

/// How much [`Id::InterleavedWrites`] writes at once, and how long it waits before it writes the rest.
const PART: usize = 4 << 10;
const REST_AFTER: Duration = Duration::from_millis(50);

/// How long [`Id::Impatient`] waits for the rest of a payload.
const IMPATIENT: Duration = Duration::from_millis(100);

/// What [`Id::TruncatesLong`] has room for.
const ROOM: usize = 128 << 10;

/// What [`Id::OneReadPayload`] reads at once, without a header of eight bytes.
const ONE_READ: usize = 1024 - 8;

/// One open WebSocket.
pub struct Session<'a> {
    pub input: &'a mut Input,
    shared: &'a Arc<Shared>,
    pub bug: Id,
    pub message: Option<Message>,
    /// The key of the first frame, for [`Id::FirstFrameKey`].
    first_key: Option<[u8; 4]>,
    /// How many bytes were unmasked, for [`Id::KeyGoesOn`].
    unmasked: u64,
    /// Pongs that are held back, by three of the bugs; of [`Id::StalePong`] the last one that was sent.
    pub late: Vec<Vec<u8>>,
    /// What [`Id::MessageNotCleared`] puts before the next message.
    left: Vec<u8>,
    /// What [`Id::InterleavedWrites`] has still to write.
    rest: Vec<u8>,
}

/// A message that has begun.
pub struct Message {
    /// That of its first frame: the others are continuations.
    pub opcode: u8,
    pub bytes: Vec<u8>,
    pub utf8: Utf8,
    frames: usize,
}

impl<'a> Session<'a> {
    pub fn new(input: &'a mut Input, shared: &'a Arc<Shared>) -> Session<'a> {
        let bug = shared.bug;
        let (late, left, rest) = (Vec::new(), Vec::new(), Vec::new());
        Session { input, shared, bug, message: None, first_key: None, unmasked: 0, late, left, rest }
    }

    /// Frame by frame until it is over.
    pub fn run(mut self) -> Ending {
        loop {
            match self.frame() {
                Ok(()) => {}
                Err(Stop::Closed) => return Ending::Closed,
                Err(Stop::Lost) => return Ending::Lost,
                Err(Stop::Broken(code, why)) => {
                    let code = if self.bug == Id::Always1000 { 1000 } else { code };
                    let payload = [&code.to_be_bytes()[..], why.as_bytes()].concat();
                    let sent = self.send(header::CLOSE, &payload);
                    match self.bug {
                        Id::GoesOnAfterError if sent.is_ok() => {
                            self.message = None;
                            continue;
                        }
                        Id::TooLongEndsServer if code == 1009 => self.shared.stop(),
                        _ => {}
                    }
                    return if sent.is_ok() { Ending::Failed } else { Ending::Lost };
                }
            }
        }
    }

    fn frame(&mut self) -> Step<()> {
        self.write_rest()?;
        let so_far = self.message.as_ref().map_or(0, |message| message.bytes.len() as u64);
        let mut header = header::read(self.input, so_far)?;
        if self.bug == Id::FirstFrameKey {
            header.key = *self.first_key.get_or_insert(header.key);
        }
        if header.is_control() {
            self.control(&header)?;
        } else {
            self.data(&header)?;
        }
        if self.bug == Id::OneFramePerRead {
            self.input.forget(); // whatever came with it
        }
        Ok(())
    }

    fn data(&mut self, header: &Header) -> Step<()> {
        if self.bug == Id::EmptyFirstForgotten {
            self.message.take_if(|message| message.bytes.is_empty());
        }
        match (header.opcode, &mut self.message) {
            (CONTINUATION, Some(message)) if self.bug == Id::FewFragments && message.frames == 16 => {
                return Err(Stop::Broken(1009, "too many fragments"));
            }
            (CONTINUATION, Some(message)) => {
                message.frames += 1;
                match self.bug {
                    Id::OpcodeOverwritten => message.opcode = header.opcode,
                    Id::LastFragmentOnly => message.bytes.clear(),
                    _ => {}
                }
            }
            (CONTINUATION, None) if self.bug != Id::OrphanAccepted => {
                return Err(Stop::Broken(1002, "a continuation without a message"));
            }
            (CONTINUATION, None) => self.begin(TEXT),
            (_, Some(_)) if self.bug != Id::NewMessageMidway => {
                return Err(Stop::Broken(1002, "a message begins within another"));
            }
            (opcode, _) if self.bug == Id::ReservedAsBinary && opcode > BINARY => self.begin(BINARY),
            (opcode, _) => self.begin(opcode),
        }
        self.payload(header)?;
        let is_end = match self.bug {
            Id::FragmentsAsMessages => true,
            Id::EmptyEndsMessage if header.opcode == CONTINUATION => header.fin || header.length == 0,
            _ => header.fin,
        };
        if is_end { self.whole(header) } else { Ok(()) }
    }

    fn begin(&mut self, opcode: u8) {
        self.message =
            Some(Message { opcode, bytes: std::mem::take(&mut self.left), utf8: Utf8::new(self.bug), frames: 1 });
    }

    /// Takes the payload as it comes, and looks at it as it comes: a text may be wrong long before it is whole.
    fn payload(&mut self, header: &Header) -> Step<()> {
        let announced = header.length.min(LONGEST_WITHOUT_LIMIT) as usize;
        // The compiler must not see that nobody reads it.
        let _room = black_box(if self.bug == Id::AllocatesLength { vec![1_u8; announced] } else { Vec::new() });
        let mut done = 0;
        // A long frame always comes in pieces, and who develops the server would see at once what goes wrong with them.
        let bug = if header.length < 126 { self.bug } else { Id::None };
        self.input.within((bug == Id::Impatient).then_some(IMPATIENT));
        while done < header.length {
            let mut piece = match bug {
                Id::PayloadWithHeader => self.input.take(header.length as usize), // whatever there is of it
                _ => self.input.some(header.length - done).inspect_err(|_| self.lost_half_a_frame())?,
            };
            let from = match bug {
                Id::MaskRestarts => 0,
                Id::KeyGoesOn => self.unmasked,
                _ => done,
            };
            frame::unmask(&mut piece, header, from, self.bug);
            done += piece.len() as u64;
            self.unmasked += piece.len() as u64;
            self.add(&piece)?;
            let is_open = self.message.as_ref().is_some_and(|message| !message.utf8.is_whole());
            if self.bug == Id::Utf8PerRead && is_open && done < header.length {
                return Err(Stop::Broken(1007, "a character is cut off"));
            }
            if bug == Id::PayloadWithHeader {
                break;
            }
        }
        self.input.within(None);
        self.check_end_of_frame(header)
    }

    fn lost_half_a_frame(&self) {
        if self.bug == Id::EndsWithHalfAFrame {
            self.shared.stop();
        }
    }

    fn add(&mut self, piece: &[u8]) -> Step<()> {
        let Some(message) = &mut self.message else { return Ok(()) };
        message.bytes.extend_from_slice(piece);
        match self.bug {
            Id::TruncatesLong => message.bytes.truncate(ROOM),
            Id::OneReadPayload => message.bytes.truncate(ONE_READ),
            _ => {}
        }
        if message.bytes.len() as u64 > LONGEST_WITHOUT_LIMIT {
            return Err(Stop::Broken(1009, "the message is too long"));
        }
        let is_text = match self.bug {
            Id::Utf8Unchecked | Id::Utf8Lossy | Id::Utf8Late => false,
            // Who has not got the mask off has not come to UTF-8 yet.
            Id::NoUnmask | Id::FirstByteKey | Id::FirstFourBytes | Id::KeyReversed => false,
            Id::FirstFrameKey | Id::MaskRestarts => false,
            Id::Utf8FirstFrameOnly if message.frames > 1 => false,
            Id::Utf8StartOnly if message.bytes.len() > 4096 => false,
            _ => message.opcode == TEXT,
        };
        if is_text && !message.utf8.push(piece) { Err(Stop::Broken(1007, "not UTF-8")) } else { Ok(()) }
    }

    /// A character may be cut by the end of a frame, but not by the end of a message.
    fn check_end_of_frame(&mut self, header: &Header) -> Step<()> {
        let Some(message) = &mut self.message else { return Ok(()) };
        if self.bug == Id::Utf8Late && header.fin && message.opcode == TEXT {
            message.utf8 = Utf8::new(self.bug);
            if !message.utf8.push(&message.bytes) {
                return Err(Stop::Broken(1007, "not UTF-8"));
            }
        }
        if self.bug == Id::SharedMessage && (message.frames > 1 || !header.fin) {
            share(message, &mut locked(&self.shared.message));
        }
        let is_end = match self.bug {
            Id::Utf8PerFrame => true,
            Id::Utf8OpenEnd => false,
            Id::Utf8FirstFrameOnly if message.frames > 1 => false,
            _ => header.fin,
        };
        if is_end && !message.utf8.is_whole() {
            return Err(Stop::Broken(1007, "a character is cut off"));
        }
        Ok(())
    }

    /// The message is whole: back it goes.
    fn whole(&mut self, header: &Header) -> Step<()> {
        let Some(message) = self.message.take() else { return Ok(()) };
        let Message { mut opcode, mut bytes, utf8, frames } = message;
        match self.bug {
            Id::EmptyFinalLost if header.length == 0 && frames > 1 => return Ok(()),
            Id::EmptyMessageLost if bytes.is_empty() => return Ok(()),
            Id::IgnoresOpcode if opcode > BINARY => return Ok(()),
            Id::FragmentedBinaryAsText if frames > 1 => opcode = TEXT,
            Id::Utf8Lossy if opcode == TEXT => bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes(),
            Id::NoncharactersRefused if opcode == TEXT && utf8::has_noncharacters(&bytes) => {
                return Err(Stop::Broken(1007, "no character is assigned to this"));
            }
            Id::BomStripped if bytes.starts_with(b"\xef\xbb\xbf") => drop(bytes.drain(..3)),
            // In one frame: who puts fragments together has forgotten by then that it was a check for texts.
            Id::Utf8InBinary if frames == 1 && std::str::from_utf8(&bytes).is_err() => {
                return Err(Stop::Broken(1007, "not UTF-8"));
            }
            Id::NulEndsMessage => bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
            Id::NulAppended => bytes.push(0),
            Id::ZipUnmask => bytes.truncate(4), // as many as the key has
            Id::PayloadTrimmed => bytes = bytes.trim_ascii().to_vec(),
            Id::SharedMessage if frames > 1 => bytes = std::mem::take(&mut *locked(&self.shared.message)),
            _ => {}
        }
        self.echo(opcode, &bytes)?;
        if self.bug == Id::MessageNotCleared && frames > 1 && bytes.len() as u64 <= LONGEST {
            self.left.clone_from(&bytes);
        }
        if self.bug == Id::OneMessageOnly {
            return Err(Stop::Closed);
        }
        if self.bug == Id::FragmentsAsMessages && !header.fin {
            self.message = Some(Message { opcode, bytes: Vec::new(), utf8, frames });
        }
        if self.bug == Id::StalePong { Ok(()) } else { self.send_late() }
    }

    fn echo(&mut self, opcode: u8, bytes: &[u8]) -> io::Result<()> {
        let frame = frame::encode(opcode, bytes, self.bug);
        if self.bug == Id::InterleavedWrites && frame.len() > PART && self.rest.len() as u64 <= LONGEST {
            self.rest.extend_from_slice(&frame[PART..]);
            return self.shared.write(&self.input.socket, &frame[..PART]);
        }
        self.shared.echo(&self.input.socket, &frame)?;
        if self.bug == Id::TwoFrames { self.shared.echo(&self.input.socket, &frame) } else { Ok(()) }
    }

    /// Sends one frame, whole.
    pub fn send(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        self.shared.write(&self.input.socket, &frame::encode(opcode, payload, self.bug))
    }

    /// Of [`Id::InterleavedWrites`]: the rest of a frame, when the client has nothing else to say.
    fn write_rest(&mut self) -> io::Result<()> {
        if self.rest.is_empty() || !self.input.waiting().is_empty() {
            return Ok(());
        }
        self.input.within(Some(REST_AFTER));
        let more = self.input.more();
        self.input.within(None);
        if more.is_ok() { Ok(()) } else { self.shared.write(&self.input.socket, &std::mem::take(&mut self.rest)) }
    }
}

/// Of [`Id::SharedMessage`]: what was meant to be one buffer for each client is one for all.
fn share(message: &mut Message, buffer: &mut Vec<u8>) {
    if message.frames == 1 || buffer.len() as u64 > LONGEST {
        buffer.clear();
    }
    buffer.append(&mut message.bytes);
}
