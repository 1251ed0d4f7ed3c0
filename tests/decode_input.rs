//! Hex as tools print it and people paste it, made bytes. The samples are what the tools printed, of the two frames in
//! `HELLO_CLOSE` where nothing else is said.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{self, Read};
use tungstenite::protocol::Role;
use ws101::decode::input::{Error, Event, Form, Input, MAX_LINE, MAX_STREAMS};

/// The masked "Hello" of RFC 6455 s5.7 and a masked Close 1000.
const HELLO_CLOSE: [u8; 19] =
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, 0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12];

/// The name of a stream, who sent it, its bytes.
type Stream = (String, Option<Role>, Vec<u8>);

/// All streams of an input, in the order in which they began.
fn streams(source: impl Read + 'static, form: Option<Form>) -> Result<(Option<Form>, Vec<Stream>), Error> {
    let mut input = Input::new(Box::new(source), form);
    let mut streams: Vec<Stream> = Vec::new();
    let mut bytes = Vec::new();
    loop {
        match input.next(&mut bytes)? {
            Event::Bytes(stream) => {
                streams.resize(streams.len().max(stream + 1), Stream::default());
                let label = input.label(stream).expect("a label for each stream");
                (streams[stream].0, streams[stream].1) = (label.name.clone(), label.from);
                streams[stream].2.append(&mut bytes);
            }
            Event::Ended(_) | Event::Waits => assert!(bytes.is_empty()),
            Event::End => break,
        }
    }
    for (stream, told) in streams.iter_mut().enumerate() {
        // What a second stream tells of the first.
        told.1 = told.1.or(input.label(stream).and_then(|label| label.from));
    }
    Ok((input.form(), streams))
}

/// One byte a read, so that every border lies somewhere.
struct Trickle<T>(T);

impl<T: Read> Read for Trickle<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn of_text(text: &str) -> Result<Vec<Stream>, Error> {
    let whole = streams(io::Cursor::new(text.to_owned()), None);
    let trickled = streams(Trickle(io::Cursor::new(text.to_owned())), None);
    assert_eq!(shown(&whole), shown(&trickled), "in parts, of\n{text}");
    let (form, streams) = whole?;
    assert_eq!(form, Some(Form::Hex), "{text}");
    Ok(streams)
}

fn shown(result: &Result<(Option<Form>, Vec<Stream>), Error>) -> String {
    match result {
        Ok(streams) => format!("{streams:?}"),
        Err(error) => error.to_string(),
    }
}

/// The bytes of a text with one stream of nobody knows whom.
#[track_caller]
fn one(text: &str) -> Vec<u8> {
    let streams = of_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [(name, from, bytes)] = &streams[..] else { panic!("{} streams in\n{text}", streams.len()) };
    assert_eq!((name.as_str(), *from), ("", None), "{text}");
    bytes.clone()
}

#[track_caller]
fn fault(text: &str) -> String {
    match of_text(text) {
        Err(error) => error.to_string(),
        Ok(streams) => panic!("read as {streams:02x?}\n{text}"),
    }
}

// --- bytes alone ---

#[test]
fn bytes_with_anything_between_them() {
    for text in [
        "818537fa213d7f9f4d5158888237fa213d3412",
        "818537FA213D7F9F4D5158888237FA213D3412\r\n",
        // xxd -p
        "818537fa213d7f9f4d515888\n8237fa213d3412\n",
        "81 85 37 fa 21 3d 7f 9f 4d 51 58\n88 82 37 fa 21 3d 34 12\n",
        // od -An -tx1
        " 81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21\n 3d 34 12\n",
        // hexdump -e '16/1 "%02x " "\n"'
        "81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21 \n3d 34 12                                       \n",
        "8185 37fa 213d 7f9f 4d51 5888 8237 fa21 3d34 12",
        "81:85:37:fa:21:3d:7f:9f:4d:51:58:88:82:37:fa:21:3d:34:12",
        "0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, 0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12",
        "[0x81,0x85,0x37,0xfa,0x21,0x3d,0x7f,0x9f,0x4d,0x51,0x58,0x88,0x82,0x37,0xfa,0x21,0x3d,0x34,0x12]",
        r"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\x37\xfa\x21\x3d\x34\x12",
        r"'\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\x37\xfa\x21\x3d\x34\x12'",
        // Node's console
        "<Buffer 81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21 3d 34 12>",
        "\u{feff}81 85 37\u{a0}fa 21 3d 7f 9f 4d 51 58 # the text\r\n88 82 37 fa 21 3d 34 12 // the Close",
    ] {
        assert_eq!(one(text), HELLO_CLOSE, "{text}");
    }
}

/// In C what stands in quotes is a byte itself, or an escape.
#[test]
fn a_string_of_c_has_letters() {
    for text in [
        r#"unsigned char b[] = "\x81\x05Hello";"#,
        r#""\x81\x05Hello""#,
        "char b[] = \"\\x81\\x05\" \"He\" // \"not\"\n  \"llo\"; /* \"nor\" */",
        "char b[] = \"\\201\\5He\\\nl\\x6co\";",
        "const char *b = \"\\x81\\x5Hello\"; size_t n = 7;",
    ] {
        assert_eq!(one(text), b"\x81\x05Hello", "{text}");
    }
    assert_eq!(one(r#"char b[] = "\x89\x05\n\r\"\\\0""#), b"\x89\x05\n\r\"\\\0");
    assert_eq!(one("char b[] = \"\\x81\\x02\u{e9}\";"), b"\x81\x02\xc3\xa9");
    // Without an escape it is hex, in any language.
    assert_eq!(one(r#"data = "810548656c6c6f";"#), b"\x81\x05Hello");
    for (text, words) in [
        (
            r#"char b[] = "\x81\x05cafe";"#,
            "line 1, column 21: `cafe\";`: a third digit behind \\x: C takes all that follow, so \
                                          end the string there, as \"\\x05\" \"a\"",
        ),
        (r#"char b[] = "\x81\q";"#, "line 1, column 18: `q\";`: an escape of C is"),
        (r#"char b[] = "\400";"#, "line 1, column 16: `0\";`: an escape of C is"),
        (r#"char b[] = "\xg";"#, "line 1, column 15: `g\";`: behind \\x stand hex digits"),
        ("char b[] = \"\\x81\nHello\";", "line 1, column 17: `"),
        (r#"char b[] = "\x81"#, "line 1, column 17: no quote ends these bytes"),
    ] {
        assert!(fault(text).contains(words), "{text}: {}", fault(text));
    }
}

/// Wireshark: Copy > ...as Escaped String.
#[test]
fn an_escaped_string_of_wireshark() {
    let text = concat!(
        r#""\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\x37\xfa\x21" \"#,
        "\n",
        r#""\x3d\x34\x12""#,
        "\n"
    );
    assert_eq!(one(text), HELLO_CLOSE);
}

#[test]
fn arrays_and_strings_of_c() {
    for text in [
        // xxd -i
        "unsigned char s2_bin[] = {\n  0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, 0x88,\n  \
         0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12\n};\nunsigned int s2_bin_len = 19;\n",
        // Wireshark: Export Packet Dissections > As C Arrays, of these bytes
        "/* Frame (19 bytes) */\nstatic const unsigned char pkt1[19] = {\n\
         0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, /* ..7.!=.. */\n\
         0x4d, 0x51, 0x58, 0x88, 0x82, 0x37, 0xfa, 0x21, /* MQX..7.! */\n0x3d, 0x34, 0x12 /* =4. */\n};\n",
        "#include <stdint.h>\nconst uint8_t frame[2][] = { { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, \
         0x58 }, { 0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12 } };",
        "char frame[] = \"\\x81\\x85\\x37\\xfa\\x21\\x3d\\x7f\\x9f\\x4d\\x51\\x58\" \\\n  \
         \"\\x88\\x82\\x37\\xfa\\x21\\x3d\\x34\\x12\"; // 2 frames\n",
    ] {
        assert_eq!(one(text), HELLO_CLOSE, "{text}");
    }
    let decimal = fault("unsigned char a[] = { 129, 5 };");
    assert!(decimal.starts_with("line 1, column 23: a decimal number in an array"), "{decimal}");
    assert!(fault("unsigned char a[] = { /* none */ };").starts_with("this looks like C, but no bytes"));
}

// --- dumps ---

#[test]
fn dumps_of_one_stream() {
    for text in [
        // xxd
        "00000000: 8185 37fa 213d 7f9f 4d51 5888 8237 fa21  ..7.!=..MQX..7.!\n00000010: 3d34 12                                  =4.\n",
        // xxd -c 8
        "00000000: 8185 37fa 213d 7f9f  ..7.!=..\n00000008: 4d51 5888 8237 fa21  MQX..7.!\n00000010: 3d34 12              =4.\n",
        // xxd -g1, on Windows
        "00000000: 81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21  ..7.!=..MQX..7.!\r\n00000010: 3d 34 12                                         =4.\r\n",
        // xxd -d
        "00000000: 8185 37fa 213d 7f9f 4d51 5888 8237 fa21  ..7.!=..MQX..7.!\n00000016: 3d34 12                                  =4.\n",
        // xxd -u -g0
        "00000000: 818537FA213D7F9F4D5158888237FA21  ..7.!=..MQX..7.!\n00000010: 3D3412                            =4.\n",
        // hexdump -C
        "00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58 88 82 37 fa 21  |..7.!=..MQX..7.!|\n00000010  3d 34 12                                          |=4.|\n00000013\n",
        // od -tx1
        "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21\n0000020 3d 34 12\n0000023\n",
        // od -Ax -tx1z
        "000000 81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21  >..7.!=..MQX..7.!<\n000010 3d 34 12                                         >=4.<\n000013\n",
        // Wireshark: Copy > ...as Hex Dump, ...as Hex + ASCII Dump; tshark -x
        "0000   81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21\n0010   3d 34 12\n",
        "0000   81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21   ..7.!=..MQX..7.!\n0010   3d 34 12                                          =4.\n",
        "0000  81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21   ..7.!=..MQX..7.!\n0010  3d 34 12                                          =4.\n",
        // A dump of our log without the line before it
        "    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58 88 82 37 fa 21  ..7.!=..MQX..7.!\n    0010  3d 34 12                                          =4.\n",
        // One dump a frame
        "0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX\n\n0000  88 82 37 fa 21 3d 34 12                           ..7.!=4.\n",
        // The second half of a dump
        "00000130: 8185 37fa 213d 7f9f 4d51 5888 8237 fa21  ..7.!=..MQX..7.!\n00000140: 3d34 12                                  =4.\n",
        // Without offsets, but with ASCII
        "81 85 37 fa 21 3d 7f 9f 4d 51 58 88 82 37 fa 21  ..7.!=..MQX..7.!\n3d 34 12                                         =4.\n",
        "8185 37fa 213d 7f9f 4d51 5888 8237 fa21  ..7.!=..MQX..7.!\n3d34 12                                  =4.\n",
    ] {
        assert_eq!(one(text), HELLO_CLOSE, "{text}");
    }
}

#[test]
fn ascii_beside_the_bytes_is_never_read_as_bytes() {
    let cafe = b"\x82\x0ecafe babe 1234";
    for text in [
        "00000000: 820e 6361 6665 2062 6162 6520 3132 3334  ..cafe babe 1234\n",
        "00000000  82 0e 63 61 66 65 20 62  61 62 65 20 31 32 33 34  |..cafe babe 1234|\n00000010\n",
        "0000  82 0e 63 61 66 65 20 62  61 62 65 20 31 32 33 34  ..cafe babe 1234\n",
        "82 0e 63 61 66 65 20 62 61 62 65 20 31 32 33 34  ..cafe babe 1234\n",
    ] {
        assert_eq!(one(text), cafe, "{text}");
    }
    assert_eq!(one("00000000: 6361 6665 2062 6162 6520 3132 3334       cafe babe 1234"), cafe[2..]);
}

/// Text in a frame is often digits, and a row may have no ASCII beside it.
#[test]
fn a_row_without_ascii_keeps_its_last_bytes() {
    let total = b"\x81\x11The total is: 300";
    for text in [
        // Wireshark's hex dump
        "0000  81 11 54 68 65 20 74 6f 74 61 6c 20 69 73 3a 20\n0010  33 30 30\n",
        // od -tx1
        "0000000 81 11 54 68 65 20 74 6f 74 61 6c 20 69 73 3a 20\n0000020 33 30 30\n0000023\n",
        // od -tx1 -w5
        "0000000 81 11 54 68 65\n0000005 20 74 6f 74 61\n0000012 6c 20 69 73 3a\n0000017 20 33 30 30\n0000023\n",
    ] {
        assert_eq!(one(text), total, "{text}");
    }
}

#[test]
fn rows_that_a_star_stands_for_are_put_in() {
    let mut expected = b"\x81\x05Hello".to_vec();
    expected.extend([0; 100]);
    expected.extend(b"\x81\x02ok");
    for text in [
        // hexdump -C
        "00000000  81 05 48 65 6c 6c 6f 00  00 00 00 00 00 00 00 00  |..Hello.........|\n\
         00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n\
         00000060  00 00 00 00 00 00 00 00  00 00 00 81 02 6f 6b     |.............ok|\n0000006f\n",
        // od -tx1
        "0000000 81 05 48 65 6c 6c 6f 00 00 00 00 00 00 00 00 00\n0000020 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n\
         0000140 00 00 00 00 00 00 00 00 00 00 00 81 02 6f 6b\n0000157\n",
        // od -Ad -tx1
        "0000000 81 05 48 65 6c 6c 6f 00 00 00 00 00 00 00 00 00\n0000016 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n\
         0000096 00 00 00 00 00 00 00 00 00 00 00 81 02 6f 6b\n0000111\n",
        // xxd -a
        "00000000: 8105 4865 6c6c 6f00 0000 0000 0000 0000  ..Hello.........\n\
         00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n*\n\
         00000060: 0000 0000 0000 0000 0000 0081 026f 6b    .............ok\n",
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
    let zeros = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n";
    assert_eq!(one(&format!("{zeros}00200000\n")).len(), 2 << 20);
    assert!(fault(zeros).starts_with("line 2, column 1: `*` stands for rows like the one before it, and the offset"));
    assert!(fault(&format!("{zeros}00000018\n")).contains("no number of them ends at this offset"));
    assert!(fault(&format!("{zeros}fffffffffffffff0\n")).contains("at most 1073741824 are put in"));
    assert!(fault("00000000  00\n*\n*\n").contains("the offset behind them is missing"));
    assert!(
        fault("Follow: tcp,hex\n00000000\n*\n00000010  00\n").contains("no number of them"),
        "a star before any row"
    );
}

#[test]
fn a_dump_that_does_not_add_up_is_refused() {
    for (text, words) in [
        (
            "00000000: 8185 37fa  ..7.\n00000010: 3d34 12  =4.\n",
            "line 2, column 1: the offset is 00000010 where 00000004 (hex or decimal) comes next: rows are missing, or have \
             more bytes than they show",
        ),
        (
            "0000000 81 85\n0000003 3d\n",
            "line 2, column 1: the offset is 0000003 where 0000002 (hex, octal or decimal) comes next",
        ),
        ("0000  81 85 3g 05\n", "line 1, column 13: `3g` is no byte in hex"),
        ("0000  81 85\nand so on\n", "line 2, column 1: `and` is no row of this dump"),
        // hexdump and od -x print words of the machine; xxd -e turns groups round; xxd -b prints bits.
        (
            "0000000 8581 fa37 3d21 9f7f 514d 8858 3782 21fa\n0000010 343d 0012\n0000013\n",
            "groups of more than two digits",
        ),
        ("0000000 102601 175067 036441 117577\n0000010\n", "groups of more than two digits"),
        ("00000000: fa378581 9f7f3d21 8858514d 21fa3782  ..7.!=..MQX..7.!\n", "is each group turned round?"),
        ("00000000: 10000001 10000101 00110111 11111010 00100001 00111101  ..7.!=\n", "is each group turned round?"),
    ] {
        assert!(fault(text).contains(words), "{}\nof\n{text}", fault(text));
    }
}

/// Twice sixteen is 40 in octal and 20 in hex: a row that is missing must not make one of the other.
#[test]
fn a_missing_row_does_not_change_the_base_of_the_offsets() {
    let row =
        |offset: &str| format!("{offset}  81 0e 41 20 6c 6f 6e 67  65 72 20 74 65 78 74 2c  |..A longer text,|\n");
    let hexdump =
        format!("{}00000020  81 02 68 69                                       |..hi|\n00000024\n", row("00000000"));
    let words = "line 2, column 1: the offset is 00000020 where 00000010 (hex) comes next: rows are missing";
    assert!(fault(&hexdump).starts_with(words), "{}", fault(&hexdump));
    let longer: String = ["00000000", "00000020", "00000030", "00000040", "00000050"].map(row).concat();
    assert!(fault(&longer).starts_with(words), "{}", fault(&longer));
    // Wireshark, without bars; xxd, which counts in hex or, with -d, in decimal.
    let wireshark = longer.replace('|', "");
    assert!(fault(&wireshark).starts_with(words), "{}", fault(&wireshark));
    let xxd = "00000000: 810e 4120 6c6f 6e67 6572 2074 6578 742c  ..A longer text,\n00000020: 8102 6869  ..hi\n";
    let words = "line 2, column 1: the offset is 00000020 where 00000010 (hex) or 00000016 (decimal) comes next";
    assert!(fault(xxd).starts_with(words), "{}", fault(xxd));
    // od
    let od = "0000000 81 0e 41 20 6c 6f 6e 67 65 72 20 74 65 78 74 2c\n0000040 81 02 68 69\n0000044\n";
    let words = "the offset is 0000040 where 0000010 (hex), 0000020 (octal) or 0000016 (decimal) comes next";
    assert!(fault(od).contains(words), "{}", fault(od));
    // Behind 2 MiB its offsets have eight digits.
    let late = "0000000 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n10000000 81 02 68 69\n10000004\n";
    assert_eq!(one(late), [&[0; 2 << 20], &b"\x81\x02hi"[..]].concat());
}

#[test]
fn what_wireshark_follows_is_two_streams() {
    // tshark -q -z follow,tcp,hex,0
    let hex = "\
===================================================================
Follow: tcp,hex
Filter: tcp.stream eq 0
Node 0: 10.1.1.1:40000
Node 1: 10.2.2.2:8080
00000000  47 45 54 20 2f 77 73 20  48 54 54 50 2f 31 2e 31  GET /ws  HTTP/1.1
00000010  0d 0a 55 70 67 72 61 64  65 3a 20 77 65 62 73 6f  ..Upgrad e: webso
00000020  63 6b 65 74 0d 0a 0d 0a                           cket....
\t00000000  81 05 48 65 6c 6c 6f                              ..Hello
00000028  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=.. MQX
\t00000007  82 09 63 61 66 65 20 62  61 62 65 82 04 00 20 20  ..cafe b abe...\u{20}\u{20}
\t00000017  20\u{20}
===================================================================
";
    let client = [b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".as_slice(), &HELLO_CLOSE[..11]].concat();
    let server = b"\x81\x05Hello\x82\x09cafe babe\x82\x04\x00   ".to_vec();
    let expected = vec![(String::new(), Some(Role::Client), client), (String::new(), Some(Role::Server), server)];
    assert_eq!(of_text(hex).unwrap(), expected);
    // What its window shows, copied: no lines around it, and four blanks.
    let rows: Vec<String> = hex.lines().skip(5).take(7).map(|line| line.replace('\t', "    ") + "\r\n").collect();
    assert_eq!(of_text(&rows.concat()).unwrap(), expected);
    // tshark -q -z follow,tcp,raw,0
    let raw = "\
===================================================================
Follow: tcp,raw
Filter: tcp.stream eq 0
Node 0: 10.1.1.1:40000
Node 1: 10.2.2.2:8080
474554202f777320485454502f312e310d0a557067726164653a20776562736f636b65740d0a0d0a
\t810548656c6c6f
818537fa213d7f9f4d5158
\t8209636166652062616265820400202020
===================================================================
";
    assert_eq!(of_text(raw).unwrap(), expected);
    // Show as: C Arrays
    let arrays = "char peer1_0[] = { /* Packet 2 */\n0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f };\n\
                  char peer0_0[] = { /* Packet 4 */\n0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, \n0x4d, 0x51, 0x58 };\n";
    let hello = (String::new(), Some(Role::Server), b"\x81\x05Hello".to_vec());
    let masked = (String::new(), Some(Role::Client), HELLO_CLOSE[..11].to_vec());
    assert_eq!(of_text(arrays).unwrap(), [hello, masked]);
}

/// The window of "Follow TCP Stream", copied in part: the offsets go on from anywhere.
#[test]
fn a_piece_of_what_wireshark_follows_is_two_streams() {
    let piece = "0000009B  81 85 37 fa 21 3d 7f 9f  4d 51 58                  ..7.!=.. MQX\n    \
                 00000081  81 05 48 65 6c 6c 6f                              ..Hello\n\
                 000000A6  88 82 37 fa 21 3d 34 12                           ..7.!=4.\n    \
                 00000088  88 02 03 e8                                       ....\n";
    let client = (String::new(), Some(Role::Client), HELLO_CLOSE.to_vec());
    let server = (String::new(), Some(Role::Server), b"\x81\x05Hello\x88\x02\x03\xe8".to_vec());
    assert_eq!(of_text(piece).unwrap(), [client.clone(), server.clone()]);
    let (first, rest) = piece.split_at(piece.find("    00000081").unwrap());
    let (second, rest) = rest.split_at(rest.find("000000A6").unwrap());
    assert_eq!(of_text(&[second, first, rest].concat()).unwrap(), [server, client]);
    // Each side has to go on.
    let without = piece.replace("000000A6", "000000A7");
    assert!(
        fault(&without).starts_with("line 3, column 1: the offset is 000000A7 where 000000a6 (hex)"),
        "{}",
        fault(&without)
    );
    // A row that lost its indentation when it was copied is one of the others, and then none may be missing.
    let lost = "00000010  81 05 48 65\n    00000014  6c 6c 6f\n";
    assert_eq!(one(lost), b"\x81\x05Hello");
    let missing = format!("{lost}    00000019  88 00\n");
    assert!(fault(&missing).starts_with("line 3, column 5: the offset is 00000019"), "{}", fault(&missing));
    let short = "0010  81 05 48 65 6c 6c 6f\n    0081  81 05 48 65 6c 6c 6f\n";
    assert!(fault(short).starts_with("line 2, column 5: the offset is 0081 where 0017"), "{}", fault(short));
}

#[test]
fn whole_packets_are_not_taken_for_frames() {
    // tcpdump -X
    let tcpdump = "\
17:31:59.000002 IP 10.2.2.2.http-alt > 10.1.1.1.40000: Flags [.], seq 1:8, ack 40, win 8192, length 7: HTTP
\t0x0000:  4500 002f 1234 0000 ff06 928f 0a02 0202  E../.4..........
\t0x0010:  0a01 0101 1f90 9c40 0000 0000 0000 0028  .......@.......(
\t0x0020:  5010 2000 17f8 0000 8105 4865 6c6c 6f    P.........Hello
";
    // tshark -x
    let tshark = "\
0000  20 53 45 4e 44 00 20 52 45 43 56 00 08 00 45 00    SEND. RECV...E.
0010  00 2f 12 34 00 00 ff 06 92 8f 0a 02 02 02 0a 01   ./.4............
0020  01 01 1f 90 9c 40 00 00 00 00 00 00 00 28 50 10   .....@.......(P.
0030  20 00 17 f8 00 00 81 05 48 65 6c 6c 6f             .......Hello
";
    for text in [tcpdump, &tshark.replace("0000  20", "0000   20"), "4500002f12340000ff06928f0a0202020a010101"] {
        assert!(fault(text).contains("Follow > TCP Stream"), "{}", fault(text));
        let told = streams(io::Cursor::new(text.to_owned()), Some(Form::Hex)).unwrap();
        assert_eq!(told.1.len(), 1, "who says that it is hex gets it");
    }
    // Two packets: what stands between them is no row. tcpdump -X, and tshark -x with two data sources.
    let twice = tcpdump.to_owned() + tcpdump;
    let frames = tshark.to_owned() + "\nFrame (61 bytes):\n" + tshark;
    for text in [twice, frames] {
        assert!(fault(&text).contains("Follow > TCP Stream"), "{}", fault(&text));
    }
    let file = streams(&b"\x0a\x0d\x0d\x0a\xcc\x00\x00\x00\x4d\x3c\x2b\x1a"[..], None);
    assert!(file.is_err_and(|error| error.to_string().contains("captured packets")));
}

// --- our own log ---

const LOG: &str = r#"INFO  ws-1 = connected from 127.0.0.1:47736
TRACE ws-1 < 20 bytes
    0000  47 45 54 20 2f 77 73 20  48 54 54 50 2f 31 2e 31  GET /ws HTTP/1.1
    0010  0d 0a 0d 0a                                       ....
DEBUG ws-1 < GET /ws HTTP/1.1
    X-Odd: TRACE ws-9 < 11 bytes
INFO  ws-1 = open /ws from 127.0.0.1:47736
TRACE ws-1 < 11 bytes
    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX
DEBUG ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 "Hello"
TRACE ws-1 < 81           1... .... FIN   last frame of the message
             ..           .000 .... RSV   no extension in use
             37 fa 21 3d  masking key
             7f 9f 4d 51 58 -> 48 65 6c 6c 6f  payload, unmasked: "Hello"
INFO  ws-2 = connected from 127.0.0.1:47737
TRACE ws-2 < 1 byte
    0000  88                                                .
TRACE ws-1 > 7 bytes
    0000  81 05 48 65 6c 6c 6f                              ..Hello
TRACE ws-2 < 7 bytes
    0000  82 37 fa 21 3d 34 12                              .7.!=4.
"#;

fn log_streams() -> Vec<Stream> {
    let head = b"GET /ws HTTP/1.1\r\n\r\n";
    vec![
        ("ws-1".to_owned(), Some(Role::Client), [head.as_slice(), &HELLO_CLOSE[..11]].concat()),
        ("ws-2".to_owned(), Some(Role::Client), HELLO_CLOSE[11..].to_vec()),
        ("ws-1".to_owned(), Some(Role::Server), b"\x81\x05Hello".to_vec()),
    ]
}

#[test]
fn a_log_of_the_server_is_a_stream_for_each_connection_and_direction() {
    assert_eq!(of_text(LOG).unwrap(), log_streams());
    assert_eq!(of_text(&LOG.replace('\n', "\r\n")).unwrap(), log_streams());
}

#[test]
fn a_log_may_have_timestamps_and_colours() {
    let every_line = |before: &str| LOG.lines().map(|line| format!("{before}{line}\n")).collect::<String>();
    // docker logs -t; journalctl
    assert_eq!(of_text(&every_line("2026-11-21T17:31:59.000002Z ")).unwrap(), log_streams());
    assert_eq!(of_text(&every_line("Nov 21 17:31:59 host ws101[4711]: ")).unwrap(), log_streams());
    // env_logger's own format
    let records = LOG.lines().map(|line| match line.split_once(' ') {
        Some((level, rest)) if !level.is_empty() => {
            format!("[2026-11-21T17:31:59Z {level:<5} ws101::wire::tap] {}\n", rest.trim_start())
        }
        _ => format!("{line}\n"),
    });
    assert_eq!(of_text(&records.collect::<String>()).unwrap(), log_streams());
    let coloured = LOG.replace("TRACE ", "\u{1b}[36mTRACE\u{1b}[0m ").replace("ws-1 < ", "\u{1b}[32mws-1 < ");
    assert_eq!(of_text(&coloured.replace("bytes\n", "bytes\u{1b}[0m\n")).unwrap(), log_streams());
}

#[test]
fn in_a_log_of_a_client_what_came_in_is_the_servers() {
    let log = "TRACE connect > 11 bytes\n    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX\n\
               TRACE connect < 7 bytes\n    0000  81 05 48 65 6c 6c 6f                              ..Hello\n";
    let sent = ("connect".to_owned(), Some(Role::Client), HELLO_CLOSE[..11].to_vec());
    let came = ("connect".to_owned(), Some(Role::Server), b"\x81\x05Hello".to_vec());
    assert_eq!(of_text(log).unwrap(), [sent, came]);
}

#[test]
fn a_log_that_does_not_have_all_bytes_is_refused() {
    let elided = "TRACE ws-1 < 300 bytes\n    0000  82 7e 01 28 00 00 00 00  00 00 00 00 00 00 00 00  ................\n    \
                  ... 284 more bytes (--dump-bytes 0 shows all)\n";
    let words = "line 3, column 1: the log left out 284 of these 300 bytes: it has all of them when ws101 writes it with \
                 --dump-bytes 0";
    assert!(fault(elided).starts_with(words), "{}", fault(elided));
    let elided = "TRACE ws-1 < 17 bytes\n    0000  82 0f 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................\n    \
                  ... 1 more byte (--dump-bytes 0 shows all)\n";
    assert!(fault(elided).starts_with("line 3, column 1: the log left out 1 of these 17 bytes"), "{}", fault(elided));
    let without_row = LOG.replace("    0010  0d 0a 0d 0a                                       ....\n", "");
    assert!(
        fault(&without_row)
            .starts_with("line 4, column 1: row 0010 is missing: these are 20 bytes, and 16 of them are")
    );
    let without_title = LOG.replace("TRACE ws-1 > 7 bytes\n    0000", "    0000");
    let found = fault(&without_title);
    assert!(found.starts_with("line 18, column 1: a row of a dump whose first line is missing"), "{found}");
    assert!(fault(&LOG[LOG.find("    0000").unwrap()..]).starts_with("line 1, column 1: a row of a dump whose"));
    let starred = LOG.replace("0d 0a 0d 0a  ", "0d 0a 0d zz  ");
    assert!(fault(&starred).starts_with("line 4, column 20: `zz` is no byte in hex"), "{}", fault(&starred));
    assert!(fault("INFO  ws-1 = open /ws from 127.0.0.1:47736\n").contains("RUST_LOG=trace"));
    // A piece of it, from the bits on.
    let bits = &LOG[LOG.find("DEBUG ws-1 < TEXT").unwrap()..LOG.find("INFO  ws-2").unwrap()];
    let found = fault(bits);
    assert!(found.starts_with("the rows of hex are missing: copy from `TRACE ws-1 < 11 bytes` on"), "{found}");
    // Cut in the middle of a dump: what is there counts.
    let cut = &LOG[..LOG.find("    0010").unwrap()];
    assert_eq!(of_text(cut).unwrap()[0].2, b"GET /ws HTTP/1.1");
}

/// A peer chooses the names of its fields. Our log shows the head as it came, and none of it is a dump.
#[test]
fn what_a_peer_has_written_is_no_row_and_no_title() {
    let log = "INFO  ws-1 = connected from 127.0.0.1:47736\nDEBUG ws-1 < GET / HTTP/1.1\n    0000  81 85: x\n    0010  88: y\n    \
               TRACE ws-1 < 2 bytes: z\n    Host: a\nINFO  ws-1 ! an HTTP/1.1 request\n    0000  81 00\n\
               TRACE ws-1 < 2 bytes\n    0000  88 00                                             ..\n";
    assert_eq!(of_text(log).unwrap(), [("ws-1".to_owned(), Some(Role::Client), vec![0x88, 0])]);
}

/// `--log-file` appends, and each run begins with ws-1.
#[test]
fn two_runs_in_one_log_are_two_connections() {
    for (name, from) in [("ws-1", Role::Client), ("connect", Role::Server)] {
        let run = |byte: &str, last: &str| {
            format!("INFO  {name} = connected from 127.0.0.1:47736\nTRACE {name} < 1 byte\n    0000  {byte}  .\n{last}")
        };
        // The first one was ended by a signal it could not tell of.
        let log =
            run("81", "") + &run("82", &format!("INFO  {name} = ended after 2.0s; messages: 0 in\n")) + &run("83", "");
        let of = |byte: u8| (name.to_owned(), Some(from), vec![byte]);
        assert_eq!(of_text(&log).unwrap(), [of(0x81), of(0x82), of(0x83)]);
    }
}

fn record(number: usize) -> String {
    format!("TRACE ws-{number} < 1 byte\n    0000  81  .\n")
}

/// What is open at once is bounded; what comes one after the other is not.
#[test]
fn a_log_has_a_bounded_number_of_streams_at_once() {
    let log: String = (0..MAX_STREAMS).map(record).collect();
    let more = log.clone() + &record(MAX_STREAMS) + "INFO  ws-3 = ended after 2.0s\n" + &record(MAX_STREAMS + 1);
    let read = |text: &str| {
        let mut input = Input::new(Box::new(io::Cursor::new(text.to_owned())), None);
        let (mut bytes, mut ended) = (Vec::new(), Vec::new());
        loop {
            match input.next(&mut bytes).unwrap() {
                Event::Ended(stream) => ended.push(stream),
                Event::End => break,
                Event::Bytes(_) | Event::Waits => {}
            }
        }
        (bytes.len(), ended, input.passed_over())
    };
    assert_eq!(read(&log), (MAX_STREAMS, vec![], 0));
    assert_eq!(read(&more), (MAX_STREAMS + 1, vec![3], 1));
    let one_by_one = |number| record(number) + &format!("INFO  ws-{number} = ended after 2.0s; messages: 0 in\n");
    let log: String = (0..10 * MAX_STREAMS).map(one_by_one).collect();
    assert_eq!(read(&log), (10 * MAX_STREAMS, (0..10 * MAX_STREAMS).collect(), 0));
}

// --- hex or not ---

#[test]
fn what_is_no_text_is_raw() {
    let frames: [&[u8]; 6] = [
        &HELLO_CLOSE,
        b"\x81\x05Hello",
        b"\x01\x03Hel\x80\x02lo",
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05Hello",
        b"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for frame in frames {
        let expected = (Some(Form::Raw), vec![(String::new(), None, frame.to_vec())]);
        assert_eq!(streams(io::Cursor::new(frame.to_vec()), None).unwrap(), expected);
        assert_eq!(streams(Trickle(io::Cursor::new(frame.to_vec())), None).unwrap(), expected);
    }
    let told = streams(&b"81 05"[..], Some(Form::Raw)).unwrap();
    assert_eq!(told, (Some(Form::Raw), vec![(String::new(), None, b"81 05".to_vec())]));
}

#[test]
fn text_that_is_no_hex_is_refused_with_its_place() {
    for (text, words) in [
        ("81 05\n48 6x\n", "line 2, column 5: `x` is no hex"),
        ("81 05 48 65 6c 6c 6f  Hello\n", "line 1, column 23: `Hello` is no hex"),
        ("hello world", "line 1, column 1: `hello` is no hex"),
        ("81 05 4", "line 1, column 7: `4` is half a byte"),
    ] {
        let found = fault(text);
        assert!(found.starts_with(words) && found.ends_with("(--input raw takes the input as it is)"), "{found}");
    }
    // Where it is a dump, a log or C, or was said to be hex, that would not help.
    for text in ["0000  81 85 3g 05\n", "b'\\q'", "char a[] = { 129 };", "8105  48 65"] {
        assert!(!fault(text).contains("--input raw"), "{}", fault(text));
    }
    let told = streams(&b"81 05 48 6x"[..], Some(Form::Hex)).unwrap_err().to_string();
    assert!(told.contains("`x` is no hex") && !told.contains("--input raw"), "{told}");
    let utf16 = streams(&b"\xff\xfe8\x001\x00 \x000\x005\x00"[..], None);
    assert!(utf16.is_err_and(|error| error.to_string().contains("UTF-16")));
    let control = streams(&b"81 05 \x1b]0;title\x07"[..], Some(Form::Hex));
    assert!(control.is_err_and(|error| error.to_string().contains("`\\u{1b}]0;title\\u{7}` is no hex")));
}

/// tshark -q -z follow,tcp,ascii,0
#[test]
fn a_text_without_a_row_is_not_empty() {
    let ascii = "\n===================================================================\nFollow: tcp,ascii\n\
                 Filter: tcp.stream eq 0\nNode 0: 10.1.1.1:40000\nNode 1: 10.2.2.2:8080\n7\n..Hello\n\
                 ===================================================================\n";
    for text in [ascii, "# nothing here\n"] {
        assert!(fault(text).starts_with("there is no row of bytes in it"), "{}", fault(text));
    }
}

#[test]
fn an_offset_that_nothing_confirms_may_be_bytes() {
    let words = "line 1, column 1: `8105` may be bytes or an offset";
    for text in ["8105  48 65 6c 6c 6f", "8105  48 65 6c 6c 6f\n", "8105\t48 65\nand so on"] {
        assert!(fault(text).starts_with(words), "{}", fault(text));
    }
    for text in [
        "0130: 81 05 48 65 6c 6c 6f",
        "0130  81 05 48 65 6c 6c 6f  ..Hello",
        "0130  81 05\n0132  48 65 6c 6c 6f\n",
        "8105 48 65 6c 6c 6f",
    ] {
        assert_eq!(one(text), b"\x81\x05Hello", "{text}");
    }
}

/// Each byte in a colour of its own, as newer versions of xxd do it.
#[test]
fn a_dump_may_have_colours() {
    let text = "00000000: \u{1b}[1;31m81\u{1b}[0m\u{1b}[1;31m05\u{1b}[0m \u{1b}[1;32m4865\u{1b}[0m \u{1b}[1;32m6c6c 6f\u{1b}[0m  \
                \u{1b}[1;31m..\u{1b}[0m\u{1b}[1;32mHello\u{1b}[0m\n";
    assert_eq!(one(text), b"\x81\x05Hello");
    assert_eq!(one("\u{1b}[33m81 05 48 65 6c 6c 6f\u{1b}[0m  ..Hello"), b"\x81\x05Hello");
}

#[test]
fn bytes_as_python_prints_them() {
    for text in
        [r"b'\x81\x05Hello'", "b\"\\x81\\x05Hello\"\n", r"[b'\x81\x05', b'Hello']", "(b'\\x81\\x05'\n b'Hel\\x6co')"]
    {
        assert_eq!(one(text), b"\x81\x05Hello", "{text}");
    }
    assert_eq!(one(r#"b'\x89\x05\'\\\n\r"'"#), b"\x89\x05'\\\n\r\"");
    for (text, words) in [
        (r"b'\x8'", "line 1, column 6: `'`: behind \\x stand two hex digits"),
        (r"b'\q'", "line 1, column 4: `q'`: an escape is"),
        ("b'a\nb'", "line 1, column 4: `"),
        ("b'a", "line 1, column 4: no quote ends these bytes"),
        ("b'a' + c", "line 1, column 6: `+`: between bytes of Python"),
        ("b'\u{e9}'", "bytes that are no ASCII are written as \\x81"),
    ] {
        assert!(fault(text).contains(words), "{}", fault(text));
    }
}

#[test]
fn decimal_numbers_are_refused_with_a_word() {
    for text in ["[129, 5, 72, 101]", "129,5,72", "Uint8Array(3) [ 129, 5, 72 ]\n", "1, 2, 3"] {
        assert!(fault(text).starts_with("these are decimal numbers"), "{text}: {}", fault(text));
    }
    assert!(fault(&format!("[{}129]", "129, 5, ".repeat(2000))).starts_with("these are decimal numbers"));
    for text in ["129 5 72 101 108 108 111", "129\n5\n72\n"] {
        assert!(fault(text).starts_with("these are decimal numbers"), "{text}: {}", fault(text));
    }
    assert_eq!(one("10, 20, 30"), [0x10, 0x20, 0x30]);
    assert!(fault("81 05 123").contains("half a byte"), "decimal numbers do not begin with 0");
}

#[test]
fn base64_is_refused_with_a_word() {
    let long = format!("gX4AyGFh{}", "YWFh".repeat(64));
    for text in ["gQVIZWxsbw==", "gYU3+iE9f59NUVg=\n", "gQRhYmNk\n", &long] {
        assert!(
            fault(text).starts_with("this looks like base64: base64 -d makes bytes of it"),
            "{text}: {}",
            fault(text)
        );
    }
    // A word is none, nor is hex that has a wrong digit.
    for text in ["whatever", "81054865g", "helloworld12"] {
        assert!(fault(text).contains("is no hex"), "{text}: {}", fault(text));
    }
    assert_eq!(one("abcdefab"), [0xab, 0xcd, 0xef, 0xab]);
}

#[test]
fn an_empty_input_has_no_bytes() {
    for text in ["", "\n", " \r\n\t\n"] {
        let (_, streams) = streams(io::Cursor::new(text.to_owned()), None).unwrap();
        assert_eq!(streams, []);
    }
}

#[test]
fn a_source_that_fails_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let error = streams(io::Cursor::new("81 05 ".repeat(5000)).chain(Broken), None).map(|_| ());
    assert!(matches!(error, Err(Error::Io(_))));
    assert!(matches!(streams(Broken, Some(Form::Raw)), Err(Error::Io(_))));
}

// --- hostile ---

/// What it keeps of a source that never ends is bounded: the buffers of the caller and of the input stay small.
#[test]
fn a_line_without_end_needs_no_memory() {
    let mut input = Input::new(Box::new(io::repeat(b'8').take(100 << 20)), None);
    let (mut bytes, mut total) = (Vec::new(), 0);
    loop {
        match input.next(&mut bytes).unwrap() {
            Event::End => break,
            event => assert!(matches!(event, Event::Bytes(0) | Event::Waits), "{event:?}"),
        }
        assert!(bytes.capacity() <= 256 << 10, "{}", bytes.capacity());
        total += bytes.len();
        bytes.clear();
    }
    assert_eq!(total, 50 << 20);
    let dump = io::Cursor::new("0000  81 05\n").chain(io::repeat(b'8').take(100 << 20));
    let error = streams(dump, None).map(|_| ()).map_err(|error| error.to_string());
    let words = format!("line 2, column {}: a line of more than {MAX_LINE} bytes", MAX_LINE + 1);
    assert!(error.as_ref().is_err_and(|error| error.starts_with(&words)), "{error:?}");
}

mod random {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for form in [None, Some(Form::Hex), Some(Form::Raw)] {
                let _ = streams(io::Cursor::new(bytes.clone()), form);
            }
        }

        #[test]
        fn no_text_makes_it_panic_or_depends_on_where_reads_end(
            text in r"((0000|00000010|[0-9a-f]{2,8}):?  ?)?([0-9a-f]{2} {0,2}|[{}*/\\x\n#'\x22<:,;=]|TRACE ws-1 < 4 bytes\n|    0000  |peer1_|\|)*"
        ) {
            let whole = streams(io::Cursor::new(text.clone()), None);
            let trickled = streams(Trickle(io::Cursor::new(text)), None);
            prop_assert_eq!(shown(&whole), shown(&trickled));
        }

        #[test]
        fn every_form_gives_the_bytes_back(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let rows = ws101::wire::lines::hex_dump(&bytes, 0);
            let escaped: String = pairs.iter().map(|pair| format!("\\x{pair}")).collect();
            for text in [
                pairs.concat(),
                pairs.join(" "),
                format!("char a[{}] = {{ 0x{} }};", bytes.len(), pairs.join(", 0x")),
                format!("char a[] = \"{escaped}\";"),
                rows.clone(),
                format!("TRACE ws-7 < {} bytes{rows}", bytes.len()),
            ] {
                let (_, streams) = streams(io::Cursor::new(text.clone()), Some(Form::Hex)).unwrap();
                prop_assert_eq!(&streams[0].2, &bytes, "{}", text);
            }
        }
    }
}
