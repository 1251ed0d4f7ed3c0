//! `ws101 encode`: what it prints, and that what it makes is what `decode` finds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use std::io::{Cursor, Write};
use std::process::{Command, Output, Stdio};
use std::thread::Builder;
use ws101::decode::handmade;
use ws101::decode::input::{Event, Input};
use ws101::protocol::frame::Handmade;
use ws101::protocol::header::LengthForm;
use ws101::protocol::mask;
use ws101::protocol::opcode::Opcode;
use ws101::protocol::splitter::{Piece, Splitter};
use ws101::wire::hex;

/// Runs the program with `arguments` and `stdin`.
fn run<T: AsRef<std::ffi::OsStr>>(arguments: &[T], stdin: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(arguments).env("NO_COLOR", "1").env_remove("RUST_LOG");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A program that does not read what it is given closes the pipe.
    let write = move || {
        let _ = pipe.write_all(&stdin);
    };
    let writer = Builder::new().spawn(write).unwrap();
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Each write to such a socket is a datagram. `0a` in a frame is a byte like any other.
#[cfg(unix)]
#[test]
fn a_frame_leaves_in_one_write() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    let (near, far) = UnixDatagram::pair().unwrap();
    near.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.args(["encode", "text", "a\nb", "--mask", "370a213d", "--raw"]).stdin(Stdio::null());
    let status = command.stdout(OwnedFd::from(far)).status().unwrap();
    let mut datagram = [0; 64];
    let length = near.recv(&mut datagram).unwrap();
    assert!(status.success());
    assert_eq!(hex::pairs(&datagram[..length]), "81 83 37 0a 21 3d 56 00 43");
}

fn encode(arguments: &[&str], stdin: &[u8]) -> (Option<i32>, String, String) {
    let output = run(&[&["encode"], arguments].concat(), stdin);
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The frames alone: nothing else may be said.
#[track_caller]
fn frames(arguments: &[&str]) -> String {
    let (code, stdout, stderr) = encode(arguments, b"");
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    stdout
}

/// The frame and the notes.
#[track_caller]
fn noted(arguments: &[&str]) -> (String, String) {
    let (code, stdout, stderr) = encode(arguments, b"");
    assert_eq!(code, Some(0), "{arguments:?}");
    (stdout, stderr)
}

/// RFC 6455 s5.7, the frames that fit on a line.
#[test]
fn the_examples_of_section_5_7() {
    assert_eq!(frames(&["text", "Hello"]), "81 05 48 65 6c 6c 6f\n");
    assert_eq!(frames(&["text", "Hello", "--mask", "37fa213d"]), "81 85 37 fa 21 3d 7f 9f 4d 51 58\n");
    assert_eq!(frames(&["text", "Hello", "--fragment", "3"]), "01 03 48 65 6c\n80 02 6c 6f\n");
    assert_eq!(frames(&["ping", "Hello"]), "89 05 48 65 6c 6c 6f\n");
    assert_eq!(frames(&["pong", "Hello", "--mask", "37:fa:21:3d"]), "8a 85 37 fa 21 3d 7f 9f 4d 51 58\n");
    let (_, large, _) = encode(&["binary", "-"], &[7; 256]);
    assert!(large.starts_with("82 7e 01 00 07 07 "), "{}", &large[..30]);
    let (_, larger, _) = encode(&["binary", "-"], &[7; 65536]);
    assert!(larger.starts_with("82 7f 00 00 00 00 00 01 00 00 07 "), "{}", &larger[..40]);
    assert_eq!(larger.len(), 3 * (10 + 65536), "one line, whatever it is written in");
}

#[test]
fn payloads_are_text_hex_or_a_code_with_a_reason() {
    assert_eq!(frames(&["text"]), "81 00\n");
    assert_eq!(frames(&["text", "é", "ü"]), "81 05 c3 a9 20 c3 bc\n");
    assert_eq!(frames(&["binary", "0a", "ff,0x07"]), "82 03 0a ff 07\n");
    assert_eq!(frames(&["close"]), "88 00\n");
    assert_eq!(frames(&["close", "1001", "going", "away"]), "88 0c 03 e9 67 6f 69 6e 67 20 61 77 61 79\n");
    assert_eq!(frames(&["text", "--", "--raw"]), "81 05 2d 2d 72 61 77\n");
    assert_eq!(encode(&["text", "-"], b"a\n").1, "81 02 61 0a\n");
    assert_eq!(encode(&["close", "1000", "-"], b"bye").1, "88 05 03 e8 62 79 65\n");
    assert_eq!(encode(&["close", "-"], b"\x03\xe8").1, "88 02 03 e8\n");
}

#[test]
fn fragments_are_a_line_each() {
    let masked = frames(&["text", "Hello", "--fragment", "2", "--mask", "37fa213d"]);
    assert_eq!(masked, "01 82 37 fa 21 3d 7f 9f\n00 82 37 fa 21 3d 5b 96\n80 81 37 fa 21 3d 58\n");
    let keys = |text: &str| text.lines().map(|line| line[6..17].to_owned()).collect::<Vec<_>>();
    let random = keys(&frames(&["text", "Hello", "--fragment", "1", "--mask", "random"]));
    let distinct: std::collections::BTreeSet<_> = random.iter().collect();
    assert_eq!((random.len(), distinct.len()), (5, 5), "a key for each frame: {random:?}");
    assert_eq!(frames(&["binary", "0a0b", "--fragment", "9"]), "82 02 0a 0b\n");
}

#[test]
fn raw_is_the_bytes_themselves() {
    let output = run(&["encode", "text", "Hello", "--fragment", "3", "--raw"], b"");
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"\x01\x03Hel\x80\x02lo"[..], &b""[..]));
}

#[test]
fn what_breaks_a_rule_is_made_and_noted() {
    let cases: [(&[&str], &str, &str); 13] = [
        (
            &["ping", "x", "--fin", "0", "--rsv", "4"],
            "49 01 78\n",
            "note: RSV bits 100 without an extension (RFC 6455 s5.2)\nnote: a control frame may not be fragmented (RFC 6455 s5.5)\n",
        ),
        (&["text", "Hi", "--op", "0xb"], "8b 02 48 69\n", "note: reserved opcode B (RFC 6455 s5.2)\n"),
        (&["text", "Hi", "--op", "11"], "8b 02 48 69\n", "note: reserved opcode B (RFC 6455 s5.2)\n"),
        (&["text", "Hi", "--op", "ping"], "89 02 48 69\n", ""),
        (
            &["binary", "0aff", "--op", "text"],
            "81 02 0a ff\n",
            "note: text is not UTF-8: byte ff at 1 of its frame (RFC 6455 s8.1)\n",
        ),
        (&["close", "1005"], "88 02 03 ed\n", "note: close code 1005 must not be sent in a frame (RFC 6455 s7.4)\n"),
        (
            &["binary", "03", "--op", "close"],
            "88 01 03\n",
            "note: a Close of one byte: a code has two (RFC 6455 s5.5.1)\n",
        ),
        (
            &["continuation", "lo"],
            "80 02 6c 6f\n",
            "note: a continuation, but no message to continue (RFC 6455 s5.4)\n",
        ),
        (
            &["text", "Hi", "--fin", "0"],
            "01 02 48 69\n",
            "note: the message goes on: no frame with FIN has come (RFC 6455 s5.4)\n",
        ),
        (
            &["text", "Hi", "--form", "16"],
            "81 7e 00 02 48 69\n",
            "note: length 2 written with 16 bits, not in its minimal form (RFC 6455 s5.2)\n",
        ),
        (
            &["text", "Hi", "--len", "3"],
            "81 03 48 69\n",
            "note: the length says 3 and the payload has 2 bytes: the other end waits for more\n",
        ),
        (
            &["text", "Hi", "--len", "1"],
            "81 01 48 69\n",
            "note: the length says 1 and the payload has 2 bytes: the rest begins another frame\n",
        ),
        (
            &["text", "--len", "9223372036854775808"],
            "81 7f 80 00 00 00 00 00 00 00\n",
            "note: the top bit of a 64-bit length must be 0 (RFC 6455 s5.2)\n\
             note: the length says 9223372036854775808 and the payload has 0 bytes: the other end waits for more\n",
        ),
    ];
    for (arguments, stdout, stderr) in cases {
        assert_eq!(noted(arguments), (stdout.to_owned(), stderr.to_owned()), "{arguments:?}");
    }
    let (_, stderr) = noted(&["ping", "Hello", "--fragment", "1"]);
    assert_eq!(stderr.lines().count(), 2, "each rule once, not for each frame: {stderr}");
}

#[test]
fn wrong_use_says_what_would_be_right() {
    for (arguments, words) in [
        (&["text", "a", "--mask", "37fa21"][..], "a masking key is four bytes in hex, as 37fa213d"),
        (&["text", "a", "--op", "16"], "an opcode is text, binary, continuation, close, ping, pong, or a number"),
        (&["text", "a", "--fin", "2"], "FIN is a bit"),
        (&["text", "a", "--rsv", "8"], "RSV is three bits"),
        (&["text", "a", "--form", "8"], "a length is written with 7, 16 or 64 bits"),
        (&["text", "a", "--fragment", "0"], "a fragment has 1 byte or more"),
        (&["text", "a", "--fragment", "x"], "a fragment has 1 byte or more"),
        (&["text", "a", "--fragment", "+3"], "a fragment has 1 byte or more"),
        (&["text", "a", "--fragment", "1", "--len", "3"], "cannot be used with"),
        (&["text", "a", "--len", "126", "--form", "7"], "a length of 126 does not fit in 7 bits"),
        (&["close", "x"], "a close code is a number from 0 to 65535, as 1000"),
        (&["binary", "0a", "f"], "`f` is half a byte: each byte is two hex digits, as 0a, at character 4"),
        (&["message", "a"], "possible values: text, binary, close, ping, pong, continuation"),
        (&[], "<KIND>"),
    ] {
        let (code, stdout, stderr) = encode(arguments, b"");
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

#[test]
fn stdin_is_bounded() {
    let (code, stdout, stderr) = encode(&["binary", "-"], &vec![0; (64 << 20) + 1]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(stderr, "ws101: stdin has more than 67108864 bytes, which is the most for a payload\n");
}

/// A frame of which anything may be odd, but for its length: that would make the next frame begin elsewhere.
fn frame() -> impl Strategy<Value = Handmade> {
    let payload = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), 120..130),
        (65530..65540usize).prop_map(|len| vec![0x5a; len]),
    ];
    (any::<bool>(), 0..8u8, 0..16u8, any::<Option<[u8; 4]>>(), payload, any::<bool>()).prop_map(
        |(fin, rsv, opcode, mask, payload, long)| Handmade {
            fin,
            rsv,
            mask,
            form: long.then_some(LengthForm::Extended64),
            ..Handmade::new(Opcode::decode(opcode), payload)
        },
    )
}

/// The frames in a stream of bytes, as they would have to be made by hand.
fn split(bytes: &[u8]) -> Vec<Handmade> {
    let (mut splitter, mut rest, mut found) = (Splitter::default(), bytes, Vec::<Handmade>::new());
    while let Some(piece) = splitter.next(&mut rest) {
        match piece {
            Piece::Header(header) => found.push(Handmade {
                fin: header.fin,
                rsv: header.rsv,
                mask: header.mask,
                form: Some(header.form),
                ..Handmade::new(header.opcode, Vec::new())
            }),
            Piece::Payload { bytes, offset, .. } => {
                let frame = found.last_mut().unwrap();
                let start = frame.payload.len();
                frame.payload.extend_from_slice(bytes);
                mask::apply(frame.mask.unwrap_or_default(), offset, &mut frame.payload[start..]);
            }
        }
    }
    assert!(splitter.between_frames());
    found
}

/// The options of `encode` and the words of `/frame` that make this frame.
fn options(frame: &Handmade) -> Vec<String> {
    let mask = frame.mask.map_or("none".to_owned(), |key| hex::pairs(&key).replace(' ', ""));
    let form = match frame.header().form {
        LengthForm::Short => "7",
        LengthForm::Extended16 => "16",
        LengthForm::Extended64 => "64",
    };
    let fin = u8::from(frame.fin);
    [
        ("fin", fin.to_string()),
        ("rsv", frame.rsv.to_string()),
        ("op", format!("0x{:x}", frame.opcode.encode())),
        ("mask", mask),
        ("form", form.to_owned()),
    ]
    .map(|(name, value)| format!("{name}={value}"))
    .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_made_is_found_again(frames in prop::collection::vec(frame(), 1..5)) {
        let lines: String = frames.iter().map(|frame| hex::pairs(&frame.encode()) + "\n").collect();
        let mut input = Input::new(Box::new(Cursor::new(lines)), None);
        let mut bytes = Vec::new();
        while input.next(&mut bytes).unwrap() != Event::End {}
        let wanted = frames.iter().map(|frame| Handmade { form: Some(frame.header().form), ..frame.clone() });
        prop_assert_eq!(split(&bytes), wanted.collect::<Vec<_>>());
    }

    #[test]
    fn words_make_the_frame_that_they_say(frame in frame()) {
        let line = format!("{} hex={}", options(&frame).join(" "), hex::pairs(&frame.payload).replace(' ', ""));
        let made = handmade::parse(&line, || unreachable!("a mask is said")).unwrap();
        prop_assert_eq!(made.encode(), frame.encode());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// The same through the programs, `encode` into `decode`.
    #[test]
    fn decode_tells_what_encode_was_told(frame in frame()) {
        let mut arguments = vec!["encode".to_owned(), "binary".to_owned(), "-".to_owned()];
        arguments.extend(options(&frame).iter().map(|option| format!("--{option}")));
        let made = run(&arguments, &frame.payload);
        prop_assert_eq!(made.status.code(), Some(0));
        prop_assert_eq!(&made.stdout, &(hex::pairs(&frame.encode()) + "\n").into_bytes());
        let told = run(&["decode", "--headers-only"], &made.stdout);
        let header = frame.header();
        let mask = header.mask.map_or("none".to_owned(), |key| hex::pairs(&key).replace(' ', ""));
        let facts = format!("fin={} rsv={:03b} mask={mask} len={}", u8::from(header.fin), header.rsv, header.length);
        let told = String::from_utf8(told.stdout).unwrap();
        prop_assert!(told.contains(&facts), "{} in\n{}", facts, told);
    }
}
