//! Frames, part by part, from literal bytes: headers, masks, Close payloads, UTF-8, and the splitter that cuts a stream
//! into them. What a random frame must look like is asked of tungstenite, which reads and writes headers on its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use ws101::protocol::close::{Close, Fault, MAX_REASON, may_travel};
use ws101::protocol::header::{Header, LengthForm, MAX_LEN};
use ws101::protocol::mask;
use ws101::protocol::opcode::Opcode;
use ws101::protocol::splitter::{Piece, Splitter};
use ws101::protocol::utf8::Utf8Checker;

/// A header, its payload as it was on the wire.
type Frame = (Header, Vec<u8>);

/// What the splitter makes of a stream.
#[derive(Debug, Default, PartialEq)]
struct Split {
    frames: Vec<Frame>,
    /// The bytes of a header that is not whole.
    unfinished: Vec<u8>,
    between_frames: bool,
}

fn split<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Split {
    let mut splitter = Splitter::default();
    let mut frames: Vec<Frame> = Vec::new();
    for mut rest in parts {
        while let Some(piece) = splitter.next(&mut rest) {
            take(piece, &mut frames);
        }
        assert!(rest.is_empty(), "it takes all it is given");
    }
    let in_progress = frames.last().filter(|(header, payload)| (payload.len() as u64) < header.length);
    let told = splitter.frame_in_progress();
    // A header is in progress too until its payload was asked for, so an empty payload always was.
    assert_eq!(told, in_progress.map(|(header, payload)| (*header, payload.len() as u64)));
    let between_frames = splitter.between_frames();
    Split { frames, unfinished: splitter.header_in_progress().to_vec(), between_frames }
}

fn take(piece: Piece<'_>, frames: &mut Vec<Frame>) {
    match piece {
        Piece::Header(header) => frames.push((header, Vec::new())),
        Piece::Payload { bytes, offset, last } => {
            let (header, payload) = frames.last_mut().expect("a header comes first");
            assert_eq!(offset, payload.len() as u64);
            payload.extend_from_slice(bytes);
            assert_eq!(last, payload.len() as u64 == header.length);
        }
    }
}

/// The stream again: a header says everything that its bytes said.
fn joined(split: &Split) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, payload) in &split.frames {
        header.encode(&mut bytes);
        bytes.extend_from_slice(payload);
    }
    bytes.extend_from_slice(&split.unfinished);
    bytes
}

fn parts<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    ends.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

fn unmasked((header, payload): &Frame) -> Vec<u8> {
    let mut plain = payload.clone();
    if let Some(key) = header.mask {
        mask::apply(key, 0, &mut plain);
    }
    plain
}

// --- the examples of RFC 6455 s5.7 ---

const UNMASKED_TEXT: &[u8] = &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
const MASKED_TEXT: &[u8] = &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const FRAGMENT_HEL: &[u8] = &[0x01, 0x03, 0x48, 0x65, 0x6c];
const FRAGMENT_LO: &[u8] = &[0x80, 0x02, 0x6c, 0x6f];
const UNMASKED_PING: &[u8] = &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
const MASKED_PONG: &[u8] = &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const HEADER_OF_256: &[u8] = &[0x82, 0x7e, 0x01, 0x00];
const HEADER_OF_64_KIB: &[u8] = &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0];

const KEY: Option<[u8; 4]> = Some([0x37, 0xfa, 0x21, 0x3d]);

/// Each example with what it says: its header, and the payload for a reader.
fn examples() -> Vec<(Vec<u8>, Header, Vec<u8>)> {
    let header = |opcode, mask, length: u64| Header { mask, ..Header::new(opcode, length) };
    let hello = || b"Hello".to_vec();
    let (binary_256, binary_64_kib) = (counting(256), counting(65536));
    vec![
        (UNMASKED_TEXT.to_vec(), header(Opcode::Text, None, 5), hello()),
        (MASKED_TEXT.to_vec(), header(Opcode::Text, KEY, 5), hello()),
        (FRAGMENT_HEL.to_vec(), Header { fin: false, ..header(Opcode::Text, None, 3) }, b"Hel".to_vec()),
        (FRAGMENT_LO.to_vec(), header(Opcode::Continuation, None, 2), b"lo".to_vec()),
        (UNMASKED_PING.to_vec(), header(Opcode::Ping, None, 5), hello()),
        (MASKED_PONG.to_vec(), header(Opcode::Pong, KEY, 5), hello()),
        ([HEADER_OF_256, &binary_256].concat(), header(Opcode::Binary, None, 256), binary_256),
        ([HEADER_OF_64_KIB, &binary_64_kib].concat(), header(Opcode::Binary, None, 65536), binary_64_kib),
    ]
}

fn counting(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

#[test]
fn every_example_says_what_the_rfc_says_it_says() {
    for (bytes, header, plain) in examples() {
        let whole = split([&bytes[..]]);
        assert!(whole.between_frames);
        assert_eq!(whole.frames.len(), 1);
        assert_eq!(whole.frames[0].0, header);
        assert_eq!(unmasked(&whole.frames[0]), plain);
    }
}

#[test]
fn every_example_is_written_as_the_rfc_writes_it() {
    for (bytes, header, mut payload) in examples() {
        let mut written = Vec::new();
        header.encode(&mut written);
        assert_eq!(written.len(), header.encoded_len());
        if let Some(key) = header.mask {
            mask::apply(key, 0, &mut payload);
        }
        written.extend_from_slice(&payload);
        assert_eq!(written, bytes);
    }
}

#[test]
fn every_example_may_be_cut_anywhere() {
    for (bytes, ..) in examples() {
        let whole = split([&bytes[..]]);
        // The payload of the largest is one long part: its ends are enough.
        let places = (0..=bytes.len().min(300)).chain(bytes.len().saturating_sub(20)..=bytes.len());
        for cut in places {
            assert_eq!(split(parts(&bytes, &[cut])), whole, "cut at {cut} of {}", bytes.len());
        }
    }
}

#[test]
fn every_short_example_may_be_cut_twice() {
    for (bytes, ..) in examples().into_iter().filter(|(bytes, ..)| bytes.len() < 20) {
        let whole = split([&bytes[..]]);
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                assert_eq!(split(parts(&bytes, &[first, second])), whole, "cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn all_examples_in_a_row_are_eight_frames_byte_by_byte() {
    let stream: Vec<u8> = examples().into_iter().flat_map(|(bytes, ..)| bytes).collect();
    let split = split(stream.chunks(1));
    let expected: Vec<Header> = examples().into_iter().map(|(_, header, _)| header).collect();
    let headers: Vec<Header> = split.frames.iter().map(|(header, _)| *header).collect();
    assert_eq!(headers, expected);
    assert_eq!(joined(&split), stream);
}

// --- headers ---

/// A header of the first byte and no more is no header, and the second byte says how long it will be.
#[test]
fn a_header_is_decoded_at_its_last_byte_and_not_before() {
    let headers: [&[u8]; 6] = [
        &[0x81, 0x05],
        &[0x81, 0x85, 1, 2, 3, 4],
        &[0x82, 0x7e, 1, 0],
        &[0x82, 0xfe, 1, 0, 1, 2, 3, 4],
        &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
        &[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4],
    ];
    for bytes in headers {
        for cut in 0..bytes.len() {
            assert_eq!(Header::decode(&bytes[..cut]), None, "{bytes:02x?} cut at {cut}");
            assert_eq!(Header::bytes_needed(&bytes[..cut]), if cut < 2 { 2 } else { bytes.len() });
        }
        assert_eq!(Header::decode(bytes).expect("whole").1, bytes.len());
    }
}

const OPCODES: [(Opcode, OpCode); 6] = [
    (Opcode::Continuation, OpCode::Data(Data::Continue)),
    (Opcode::Text, OpCode::Data(Data::Text)),
    (Opcode::Binary, OpCode::Data(Data::Binary)),
    (Opcode::Close, OpCode::Control(Control::Close)),
    (Opcode::Ping, OpCode::Control(Control::Ping)),
    (Opcode::Pong, OpCode::Control(Control::Pong)),
];

/// Lengths of every form, their borders more often than chance would have them.
fn length() -> impl Strategy<Value = u64> {
    prop_oneof![
        select(vec![0, 1, 125, 126, 127, 65535, 65536, u64::MAX >> 1]),
        0..200_u64,
        60_000..70_000_u64,
        0..=(u64::MAX >> 1),
    ]
}

/// A header as both libraries have it, and the length that tungstenite keeps beside it.
fn header() -> impl Strategy<Value = (Header, FrameHeader)> {
    let parts = (any::<bool>(), 0..8_u8, select(OPCODES.to_vec()), any::<Option<[u8; 4]>>(), length());
    parts.prop_map(|(fin, rsv, (opcode, theirs), mask, length)| {
        let ours = Header { fin, rsv, mask, ..Header::new(opcode, length) };
        let (rsv1, rsv2, rsv3) = (rsv & 4 != 0, rsv & 2 != 0, rsv & 1 != 0);
        (ours, FrameHeader { is_final: fin, rsv1, rsv2, rsv3, opcode: theirs, mask })
    })
}

proptest! {
    #[test]
    fn a_header_is_written_as_tungstenite_writes_it((ours, theirs) in header()) {
        let (mut written, mut expected) = (Vec::new(), Vec::new());
        ours.encode(&mut written);
        theirs.format(ours.length, &mut expected).unwrap();
        prop_assert_eq!(&written, &expected);
        prop_assert_eq!(written.len(), ours.encoded_len());
    }

    #[test]
    fn a_header_is_read_as_tungstenite_reads_it((ours, theirs) in header(), payload in vec(any::<u8>(), 0..20)) {
        let mut bytes = Vec::new();
        theirs.format(ours.length, &mut bytes).unwrap();
        let len = bytes.len();
        bytes.extend(payload);
        prop_assert_eq!(Header::decode(&bytes), Some((ours, len)));
    }

    /// Any bytes: what tungstenite takes for a header we take for the same, and where it wants more we do too.
    #[test]
    fn any_bytes_are_the_header_that_tungstenite_sees(bytes in vec(any::<u8>(), 0..=MAX_LEN + 2)) {
        let mut cursor = Cursor::new(&bytes);
        let ours = Header::decode(&bytes);
        match FrameHeader::parse(&mut cursor) {
            Ok(None) => prop_assert_eq!(ours, None),
            Ok(Some((theirs, length))) => {
                let (ours, len) = ours.expect("tungstenite sees one");
                prop_assert_eq!(len as u64, cursor.position());
                prop_assert_eq!((ours.fin, ours.mask, ours.length), (theirs.is_final, theirs.mask, length));
                prop_assert_eq!(u8::from(theirs.opcode), ours.opcode.encode());
                prop_assert_eq!((theirs.rsv1, theirs.rsv2, theirs.rsv3), (ours.rsv & 4 != 0, ours.rsv & 2 != 0, ours.rsv & 1 != 0));
            }
            // It refuses reserved opcodes; here they are values.
            Err(_) => prop_assert!(matches!(ours.expect("a whole header").0.opcode, Opcode::Reserved(_))),
        }
    }

    #[test]
    fn any_whole_header_is_written_again_byte_for_byte(bytes in vec(any::<u8>(), MAX_LEN)) {
        let (header, len) = Header::decode(&bytes).expect("none is longer");
        let mut written = Vec::new();
        header.encode(&mut written);
        prop_assert_eq!(&written, &bytes[..len]);
    }
}

// --- streams ---

/// A frame that may break every rule but one: its payload is as long as it says. Short, so that many fit into a stream.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let forms = select(vec![LengthForm::Short, LengthForm::Extended16, LengthForm::Extended64]);
    let parts = (any::<u8>(), any::<Option<[u8; 4]>>(), forms, vec(any::<u8>(), 0..150));
    parts.prop_map(|(first, mask, form, payload)| {
        let length = payload.len() as u64;
        let form = if length > 125 && form == LengthForm::Short { LengthForm::Extended16 } else { form };
        let header =
            Header { fin: first & 0x80 != 0, rsv: first >> 4 & 7, opcode: Opcode::decode(first), mask, length, form };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        bytes.extend(payload);
        bytes
    })
}

proptest! {
    #[test]
    fn frames_survive_any_cut(frames in vec(frame(), 0..8), cuts in vec(any::<usize>(), 0..12)) {
        let stream = frames.concat();
        let split = split(parts(&stream, &cuts));
        prop_assert!(split.between_frames);
        let again: Vec<Vec<u8>> = split.frames.iter().map(|frame| {
            let mut bytes = Vec::new();
            frame.0.encode(&mut bytes);
            [bytes, frame.1.clone()].concat()
        }).collect();
        prop_assert_eq!(again, frames);
    }

    #[test]
    fn any_bytes_survive_any_cut(stream in vec(any::<u8>(), 0..300), cuts in vec(any::<usize>(), 0..12)) {
        let whole = split([&stream[..]]);
        prop_assert_eq!(&joined(&whole), &stream);
        prop_assert_eq!(split(parts(&stream, &cuts)), whole);
    }
}

// --- masks ---

proptest! {
    #[test]
    fn masking_twice_is_no_masking(key: [u8; 4], offset: u64, payload in vec(any::<u8>(), 0..100)) {
        let mut twice = payload.clone();
        mask::apply(key, offset, &mut twice);
        mask::apply(key, offset, &mut twice);
        prop_assert_eq!(twice, payload);
    }

    /// s5.3: "Octet i of the transformed data ("transformed-octet-i") is the XOR of octet i of the original data [...]
    /// with octet at index i modulo 4 of the masking key".
    #[test]
    fn masking_is_the_formula_of_the_rfc(key: [u8; 4], offset in 0..1000_u64, payload in vec(any::<u8>(), 0..100)) {
        let formula = |(i, byte): (usize, &u8)| byte ^ key[(i + offset as usize) % 4];
        let expected: Vec<u8> = payload.iter().enumerate().map(formula).collect();
        let mut masked = payload;
        mask::apply(key, offset, &mut masked);
        prop_assert_eq!(masked, expected);
    }
}

// --- Close ---

#[test]
fn close_payloads_from_their_bytes() {
    let cases: [(&[u8], Result<Close, Fault>); 9] = [
        (b"", Ok(Close { code: None, reason: String::new() })),
        (b"\x03\xe8", Ok(Close::new(1000, ""))),
        (b"\x03\xe9bye", Ok(Close::new(1001, "bye"))),
        (b"\x03\xf6\xc3\xa9", Ok(Close::new(1014, "é"))),
        (b"\x03", Err(Fault::HalfACode)),
        (b"\x03\xed", Err(Fault::MayNotTravel(1005))),
        (b"\xff\xff", Err(Fault::MayNotTravel(65535))),
        (b"\x03\xe8\xc3", Err(Fault::ReasonNotUtf8)),
        // s5.5.1 puts the code first: a bad code is named before the bad reason behind it.
        (b"\x00\x00\xff", Err(Fault::MayNotTravel(0))),
    ];
    for (payload, expected) in cases {
        assert_eq!(Close::decode(payload), expected, "{payload:02x?}");
    }
}

proptest! {
    #[test]
    fn a_close_survives_the_round_trip(code: u16, reason in ".{0,130}") {
        let close = Close::new(code, &reason);
        prop_assert!(close.reason.len() <= MAX_REASON && reason.starts_with(&close.reason));
        prop_assert!(close.reason.len() + 4 > reason.len().min(MAX_REASON), "cut more than one character short");
        let expected = if may_travel(code) { Ok(close.clone()) } else { Err(Fault::MayNotTravel(code)) };
        prop_assert_eq!(Close::decode(&close.encode()), expected);
    }

    #[test]
    fn a_payload_that_can_be_read_is_written_again_byte_for_byte(
        code in prop_oneof![1000..5000_u16, any::<u16>()],
        reason in vec(any::<u8>(), 0..=MAX_REASON),
    ) {
        let payload = [&code.to_be_bytes()[..], &reason].concat();
        let readable = may_travel(code) && std::str::from_utf8(&reason).is_ok();
        prop_assert_eq!(Close::decode(&payload).map(|close| close.encode()).ok(), readable.then_some(payload));
    }
}

// --- UTF-8 ---

/// Bytes that are nearly text: characters of every length, and now and then a byte of chance.
fn nearly_text() -> impl Strategy<Value = Vec<u8>> {
    let character = any::<char>().prop_map(|character| character.to_string().into_bytes());
    let odd: Vec<&[u8]> =
        vec![b"\xc0\xaf", b"\xe0\x80", b"\xed\xa0\x80", b"\xf4\x90", b"\xf0\x80", b"\xe2\x82", b"\xff", b"\x80"];
    let pieces = prop_oneof![
        6 => character,
        2 => "[a-zäß€]{1,4}".prop_map(String::into_bytes),
        1 => select(odd).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// The place of the first byte after which the text cannot become UTF-8 any more, whatever follows. std says it of a
/// prefix: an error with a length is final, one without is a character that is cut off.
fn first_bad_byte(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|last| std::str::from_utf8(&bytes[..=*last]).is_err_and(|error| error.error_len().is_some()))
}

/// Where the checker stops, counted from the beginning of all parts.
fn stops_at(parts: &[&[u8]]) -> (Option<usize>, Utf8Checker) {
    let mut checker = Utf8Checker::default();
    let mut before = 0;
    for part in parts {
        if let Err(bad) = checker.push(part) {
            return (Some(before + bad.at), checker);
        }
        before += part.len();
    }
    (None, checker)
}

#[test]
fn the_byte_that_decides_is_named_wherever_the_text_is_cut() {
    let texts: [(&[u8], usize); 9] = [
        (b"\x80", 0),
        (b"a\xc0\xaf", 1),
        (b"\xff", 0),
        (b"\xce\xba\xf4\x90\x80\x80", 3),
        (b"\xed\xa0\x80", 1),
        (b"\xe0\x80\x80", 1),
        (b"\xe2\x82a", 2),
        (b"\xf0\x9f\x98a", 3),
        (b"ab\xc3(", 3),
    ];
    for (text, expected) in texts {
        assert_eq!(first_bad_byte(text), Some(expected), "{text:02x?}");
        for cut in 0..=text.len() {
            assert_eq!(stops_at(&parts(text, &[cut])).0, Some(expected), "{text:02x?} cut at {cut}");
        }
    }
}

proptest! {
    #[test]
    fn the_verdict_is_that_of_std(text in prop_oneof![nearly_text(), vec(any::<u8>(), 0..40)], cuts in vec(any::<usize>(), 0..6)) {
        let (stop, checker) = stops_at(&parts(&text, &cuts));
        let good = stop.is_none() && checker.is_complete();
        prop_assert_eq!(good, std::str::from_utf8(&text).is_ok());
    }

    /// Byte by byte nothing can be told too late: the part that is refused is the byte itself.
    #[test]
    fn the_error_comes_with_the_first_byte_that_decides(text in nearly_text()) {
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        prop_assert_eq!(stops_at(&bytes).0, first_bad_byte(&text));
    }

    #[test]
    fn the_place_of_the_error_does_not_depend_on_the_cut(text in nearly_text(), cuts in vec(any::<usize>(), 0..6)) {
        prop_assert_eq!(stops_at(&parts(&text, &cuts)).0, first_bad_byte(&text));
    }
}
