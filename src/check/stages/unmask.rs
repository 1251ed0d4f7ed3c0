//! Stage 6: the mask comes off, byte by byte, and a frame without one ends the connection. All messages here have at most
//! 125 bytes and come in one frame each.

use crate::check::case::{Case, Level, Verdict, because, told_as};
use crate::check::hear::Heard;
use crate::check::judge::echoes;
use crate::check::trial::{Trial, ZERO};
use crate::protocol::frame::Handmade;
use crate::protocol::mask;
use crate::protocol::opcode::Opcode;

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/5.3/1",
        level: Level::Must,
        // s5.3: "transformed-octet-i = original-octet-i XOR masking-key-octet-j".
        requirement: "The first byte of a payload is unmasked with the first byte of the key.",
        sends: "a masked text of 1 byte",
        expects: "the same text",
        run: |trial| words_come_back(trial, 1),
    },
    Case {
        address: "ws/5.3/2",
        level: Level::Must,
        requirement: "Each byte of the key is used in its place.",
        sends: "a masked text of 4 bytes, under a key of four different bytes",
        expects: "the same text",
        run: |trial| words_come_back(trial, 4),
    },
    Case {
        address: "ws/5.3/3",
        level: Level::Must,
        // s5.3: "j = i MOD 4".
        requirement: "The key begins again every four bytes.",
        sends: "a masked text of 12 bytes",
        expects: "the same text",
        run: |trial| words_come_back(trial, 12),
    },
    Case {
        address: "ws/5.3/4",
        level: Level::Must,
        requirement: "A payload need not be a whole number of keys long.",
        sends: "masked texts of 9, 10 and 11 bytes, each on a connection of its own",
        expects: "the same texts",
        run: |trial| [9, 10, 11].iter().try_for_each(|len| words_come_back(trial, *len)),
    },
    Case {
        address: "ws/5.3/5",
        level: Level::Must,
        // s5.3: "The masking key is contained completely within the frame".
        requirement: "Each frame is unmasked with its own key.",
        sends: "three masked texts, one after the other, each with another key",
        expects: "the same texts",
        run: each_has_its_own_key,
    },
    Case {
        address: "ws/5.3/6",
        level: Level::Must,
        requirement: "With each frame the key begins anew.",
        sends: "two masked texts of 5 bytes with the same key, one after the other",
        expects: "the same texts",
        run: |trial| {
            let (mut link, key) = (trial.open()?, trial.soft_key());
            (0..2).try_for_each(|_| {
                let text = trial.words(5);
                link.echo(&under(key, Opcode::Text, text))
            })
        },
    },
    Case {
        address: "ws/5.3/7",
        level: Level::Must,
        requirement: "All of the longest payload with a length in one byte is unmasked.",
        sends: "a masked text of 125 bytes",
        expects: "the same text",
        run: |trial| words_come_back(trial, 125),
    },
    Case {
        address: "ws/6.2/1",
        level: Level::Must,
        // s6.2: "A server MUST remove masking for data frames received from a client as described in Section 5.3."
        requirement: "Binary data is unmasked as text is.",
        sends: "masked binary data of 10 bytes",
        expects: "the same data",
        run: |trial| {
            let data = trial.words(10);
            trial.open()?.echo(&trial.frame(Opcode::Binary, data))
        },
    },
    Case {
        address: "ws/5.3/8",
        level: Level::Must,
        requirement: "The bytes of a key may have any value.",
        sends: "binary data under the keys ff fe 80 81, 00 41 00 42 and 0d 0a 20 09, one after the other",
        expects: "the same data",
        run: |trial| {
            let mut link = trial.open()?;
            let keys = [[0xff, 0xfe, 0x80, 0x81], [0x00, 0x41, 0x00, 0x42], *b"\r\n \t"];
            keys.iter().try_for_each(|key| {
                let data = trial.words(11);
                link.echo(&under(*key, Opcode::Binary, data))
            })
        },
    },
    Case {
        address: "ws/5.3/9",
        level: Level::Must,
        requirement: "A key of zeros is a key.",
        sends: "a text under a key, and then one under 00 00 00 00",
        expects: "the same texts",
        run: |trial| {
            let mut link = trial.open()?;
            let (first, second, key) = (trial.words(9), trial.words(9), trial.soft_key());
            link.echo(&under(key, Opcode::Text, first))?;
            link.echo(&under(ZERO, Opcode::Text, second))
        },
    },
    Case {
        address: "ws/5.3/10",
        level: Level::Must,
        requirement: "Masked bytes that are 00 end nothing.",
        sends: "a text that is the same as its key, so that zeros travel",
        expects: "the same text",
        run: |trial| trial.open()?.echo(&under(*b"wxyz", Opcode::Text, "wxyzwxyz!".to_owned())),
    },
    Case {
        address: "ws/5.7/1",
        level: Level::Must,
        requirement: "The example of the RFC is understood.",
        sends: "81 85 37 fa 21 3d 7f 9f 4d 51 58, a masked \"Hello\"",
        expects: "the text \"Hello\"",
        run: |trial| {
            let frame =
                Handmade { mask: Some([0x37, 0xfa, 0x21, 0x3d]), ..Handmade::new(Opcode::Text, b"Hello".into()) };
            trial.open()?.echo(&frame)
        },
    },
    Case {
        address: "ws/5.6/2",
        level: Level::Must,
        requirement: "A payload may have zeros.",
        sends: "binary data with a 00 in its middle and one at its end",
        expects: "the same data",
        run: |trial| trial.open()?.echo(&trial.frame(Opcode::Binary, *b"ab\0cd\0")),
    },
    Case {
        address: "ws/5.2/4",
        level: Level::Must,
        // s5.2: "All frames sent from client to server have this bit set to 1", and with it comes a key.
        requirement: "A frame without payload has a masking key as well.",
        sends: "a masked text of 0 bytes, and when that is answered one of 5",
        expects: "a text of 0 bytes, and the other one",
        run: empty_has_a_key,
    },
    Case {
        address: "ws/5.1/2",
        level: Level::Must,
        // s5.1: "The server MUST close the connection upon receiving a frame that is not masked. In this case, a server MAY
        // send a Close frame with a status code of 1002".
        requirement: "A text that is not masked ends the connection.",
        sends: "a text without MASK, and a masked one behind it",
        expects: "the end of the connection, with a Close 1002 or without",
        run: |trial| ends(trial, &Handmade::new(Opcode::Text, b"unmasked".into())),
    },
    Case {
        address: "ws/5.1/3",
        level: Level::Must,
        requirement: "Binary data that is not masked ends the connection.",
        sends: "binary data without MASK, and a masked text behind it",
        expects: "the end of the connection, with a Close 1002 or without",
        run: |trial| ends(trial, &Handmade::new(Opcode::Binary, b"unmasked".into())),
    },
    Case {
        address: "ws/5.1/4",
        level: Level::Must,
        requirement: "A frame without payload that is not masked ends the connection as well.",
        sends: "a text of 0 bytes without MASK, and a masked one behind it",
        expects: "the end of the connection, with a Close 1002 or without",
        run: |trial| ends(trial, &Handmade::new(Opcode::Text, Vec::new())),
    },
    Case {
        address: "ws/5.1/5",
        level: Level::Must,
        requirement: "A control frame that is not masked ends the connection as well.",
        sends: "a Ping without MASK, and a masked text behind it",
        expects: "the end of the connection, with a Close 1002 or without",
        run: |trial| ends(trial, &Handmade::new(Opcode::Ping, b"unmasked".into())),
    },
    Case {
        address: "ws/5.1/6",
        level: Level::Must,
        requirement: "MASK is looked at in every frame.",
        sends: "a masked text, and when it is answered one without MASK",
        expects: "the same text, and then the end of the connection",
        run: |trial| {
            let mut link = trial.open()?;
            let (text, bad, fence) =
                (trial.text("masked"), Handmade::new(Opcode::Text, b"unmasked".into()), trial.text("on"));
            link.echo(&text)?;
            link.send_all(&[bad, fence]);
            refused(link.expect_failed(&[1002]))
        },
    },
];

fn under(key: [u8; 4], opcode: Opcode, text: String) -> Handmade {
    Handmade { mask: Some(key), ..Handmade::new(opcode, text.into_bytes()) }
}

/// A text under a soft key comes back.
fn words_come_back(trial: &mut Trial, len: usize) -> Verdict {
    let (text, key) = (trial.words(len), trial.soft_key());
    trial.open()?.echo(&under(key, Opcode::Text, text))
}

fn each_has_its_own_key(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let mut first_key = None;
    for _ in 0..3 {
        let (text, key) = (trial.words(12), trial.soft_key());
        let sent = under(key, Opcode::Text, text);
        link.send(&sent);
        let heard = link.hear();
        let verdict = echoes(&sent, &heard);
        let wrong = again(&sent, *first_key.get_or_insert(key));
        if verdict.is_err() && matches!(&heard, Heard::Message(came) if came.payload == wrong) {
            return because(verdict, "the key of the first frame is used again: each frame has its own (s5.3)");
        }
        verdict?;
    }
    Ok(())
}

/// What a server makes of it that unmasks with another key.
fn again(sent: &Handmade, other: [u8; 4]) -> Vec<u8> {
    let mut payload = sent.payload.clone();
    mask::apply(sent.mask.unwrap_or_default(), 0, &mut payload);
    mask::apply(other, 0, &mut payload);
    payload
}

fn empty_has_a_key(trial: &mut Trial) -> Verdict {
    let mut link = trial.open()?;
    let (empty, text) = (trial.text(""), trial.text("after"));
    link.send(&empty);
    let cause = "an empty message is a message, and its frame has a key as any other: 4 bytes behind the length";
    link.expect_echo_else(&empty, cause)?;
    link.send(&text);
    link.expect_echo_else(&text, cause)
}

/// Sends this frame, and behind it in the same write a text: its echo would show that the server goes on.
fn ends(trial: &mut Trial, frame: &Handmade) -> Verdict {
    let (mut link, fence) = (trial.open()?, trial.text("on"));
    link.send_all(&[frame.clone(), fence]);
    refused(link.expect_failed(&[1002]))
}

fn refused(verdict: Verdict) -> Verdict {
    told_as(verdict, "MASK is not looked at: when the second byte of a frame is below 80, close the connection (s5.1)")
}
