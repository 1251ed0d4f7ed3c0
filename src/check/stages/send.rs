//! Stage 5: frames out. Each case sends a message whose masking key is zero, so that a server which can't unmask yet passes,
//! and looks at one part of the frame that answers.

use crate::check::case::{Case, Failure, Level, Stop, Verdict, because};
use crate::check::cause::NO_ECHO;
use crate::check::hear::Heard;
use crate::check::judge::echoes;
use crate::check::link::Link;
use crate::check::trial::{Trial, ZERO};
use crate::protocol::frame::Handmade;
use crate::protocol::opcode::Opcode;
use crate::wire::lines;

/// The message of most cases.
const HELLO: &str = "Hello";

/// Its text has more bytes than characters.
const WIDE: &str = "Grüße, 世界!";

/// Why a second message is refused.
const MIDWAY: &str = "a second message is refused: is the first one still in progress? With FIN 1 it is over (s5.4)";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/6.1/1",
        level: Level::Must,
        // s6.1: "An endpoint MUST encapsulate the /data/ in a WebSocket frame as defined in Section 5.2."
        requirement: "What a server says comes in frames.",
        sends: "the text \"Hello\", with a masking key of zeros",
        expects: "a frame",
        run: |trial| {
            let (link, begin) = answered(trial, Opcode::Text)?;
            let cause = match begin {
                _ if HELLO.as_bytes().starts_with(&begin) => {
                    "the text is sent without a frame: write the header first, 81 05 for a text of 5 bytes"
                }
                [b'\r', b'\n'] | [b'\n', _] => {
                    "there is an empty line too many behind the 101: its head ends with the first one, and frames follow"
                }
                _ => return Ok(()),
            };
            wrong(link, Failure::new("a frame, as 81 05", lines::hex(&begin)).because(cause))
        },
    },
    Case {
        address: "ws/5.1/1",
        level: Level::Must,
        // s5.1: "A server MUST NOT mask any frames that it sends to the client."
        requirement: "A server does not mask its frames.",
        sends: "the text \"Hello\", with a masking key of zeros",
        expects: "a frame in which the bit MASK is 0",
        run: |trial| {
            let (mut link, begin) = answered(trial, Opcode::Text)?;
            if begin[1] & 0x80 == 0 {
                return Ok(());
            }
            let failure = masked(&mut link);
            wrong(link, failure)
        },
    },
    Case {
        address: "ws/5.2/1",
        level: Level::Must,
        // s5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
        requirement: "Without an extension RSV1, RSV2 and RSV3 are 0.",
        sends: "the text \"Hello\", with a masking key of zeros",
        expects: "a frame in which the three bits are 0",
        run: |trial| {
            let (link, begin) = answered(trial, Opcode::Text)?;
            if begin[0] & 0x70 == 0 {
                return Ok(());
            }
            let failure = Failure::new("RSV1 = RSV2 = RSV3 = 0", format!("a frame that begins with {:02x}", begin[0]));
            wrong(link, failure.because("the first byte of a text in one frame is 81: FIN and the opcode 1"))
        },
    },
    Case {
        address: "ws/6.1/2",
        level: Level::Must,
        // s6.1: "The opcode (frame-opcode) of the first frame containing the data MUST be set to the appropriate value from
        // Section 5.2 for data that is to be interpreted by the recipient as text or binary data."
        requirement: "A text is sent with the opcode of text.",
        sends: "the text \"Hello\", with a masking key of zeros",
        expects: "a frame with the opcode 1",
        run: |trial| opcode_is(trial, Opcode::Text),
    },
    Case {
        address: "ws/6.1/3",
        level: Level::Must,
        requirement: "Binary data is sent with the opcode of binary.",
        sends: "the bytes of \"Hello\" as binary, with a masking key of zeros",
        expects: "a frame with the opcode 2",
        run: |trial| opcode_is(trial, Opcode::Binary),
    },
    Case {
        address: "ws/6.1/4",
        level: Level::Must,
        // s6.1: "The FIN bit (frame-fin) of the last frame containing the data MUST be set to 1".
        requirement: "The last frame of a message has FIN.",
        sends: "the text \"Hello\", and another one when the first is answered",
        expects: "an answer that is over before the next one begins",
        run: last_has_fin,
    },
    Case {
        address: "ws/5.2/2",
        level: Level::Must,
        requirement: "The payload stands right behind the header, and nothing is put to it.",
        sends: "the text \"Hello\", with a masking key of zeros",
        expects: "the text \"Hello\"",
        run: |trial| trial.open()?.echo(&plain(Opcode::Text, HELLO)),
    },
    Case {
        address: "ws/5.2/3",
        level: Level::Must,
        // s5.2: "The length of the "Payload data", in bytes".
        requirement: "The length of a payload is counted in bytes, and not in characters.",
        sends: "the text \"Grüße, 世界!\", 16 bytes in 10 characters",
        expects: "the same text, with the length 16",
        run: |trial| {
            let mut link = trial.open()?;
            let sent = plain(Opcode::Text, WIDE);
            link.send(&sent);
            match link.hear() {
                Heard::Message(came) if is_cut_at(&came.payload, WIDE.chars().count()) => {
                    Err(Failure::new("a payload of 16 bytes", "a header with the length 10")
                        .because(
                            "10 is the number of characters: encode the text first, and take the length of the bytes",
                        )
                        .into())
                }
                heard => echoes(&sent, &heard),
            }
        },
    },
    Case {
        address: "ws/5.6/1",
        level: Level::Must,
        // s5.6 knows no byte that means anything to the protocol; white space and a % are as good as any other.
        requirement: "Every byte of a text belongs to it: white space at its ends, and a %.",
        sends: "a text with blanks, a tab and line ends at its ends, and with %s in it",
        expects: "the same text",
        run: |trial| trial.open()?.echo(&plain(Opcode::Text, " \t Hello, 100 %s sure \r\n\n")),
    },
    Case {
        address: "course/5/1",
        level: Level::Must,
        // s7.3: "Servers MAY close the WebSocket connection whenever desired." One that is to echo does not.
        requirement: "A connection stays open when a message is answered.",
        sends: "a text, and another one when the first is answered",
        expects: "an answer to each",
        run: |trial| {
            let mut link = trial.open()?;
            for text in [HELLO, "again"] {
                link.send(&plain(Opcode::Text, text));
                if let heard @ (Heard::End(_) | Heard::Close(_)) = link.hear() {
                    let cause = "one message is read and no more: read frames in a loop, until the connection ends";
                    let cause = if matches!(heard, Heard::Close(_)) { MIDWAY } else { cause };
                    let failure = Failure::new(format!("an answer to \"{text}\""), heard.words());
                    return Err(if text == HELLO { failure } else { failure.because(cause) }.into());
                }
            }
            Ok(())
        },
    },
    Case {
        address: "ws/6.1/5",
        level: Level::Must,
        requirement: "A message is sent once.",
        sends: "a text, and another one when the first is answered",
        expects: "one answer to each",
        run: |trial| {
            let mut link = trial.open()?;
            let (first, second) = (plain(Opcode::Text, HELLO), plain(Opcode::Text, "again"));
            link.echo(&first)?;
            link.send(&second);
            match link.hear() {
                heard @ Heard::Message(_) if echoes(&first, &heard).is_ok() => {
                    let failure = Failure::new("an answer to \"again\"", "a second answer to \"Hello\"");
                    Err(failure.because("the answer is written twice").into())
                }
                heard @ Heard::Close(_) => because(echoes(&second, &heard), MIDWAY),
                heard => echoes(&second, &heard),
            }
        },
    },
];

/// A message whose mask changes nothing.
fn plain(opcode: Opcode, payload: &str) -> Handmade {
    Handmade { mask: Some(ZERO), ..Handmade::new(opcode, payload.into()) }
}

/// Sends "Hello", and gives the first two bytes of what answers, as soon as they are there: a frame that announces more than
/// ever comes is not waited for.
fn answered(trial: &mut Trial, opcode: Opcode) -> Result<(Link, [u8; 2]), Stop> {
    let mut link = trial.open()?;
    link.send(&plain(opcode, HELLO));
    match link.peek_frame(2) {
        Ok(begin) => Ok((link, [begin[0], begin[1]])),
        Err(end) => {
            let cause = "nothing is sent: when a message has come write 81, its length, and its payload";
            Err(Failure::new("a frame", end.words()).because(cause).into())
        }
    }
}

/// A failure that was seen before the frame was there: what there is of it goes into the record.
fn wrong(mut link: Link, failure: Failure) -> Verdict {
    link.tell_rest();
    Err(failure.into())
}

/// A frame with MASK. Behind it is a key, or none.
fn masked(link: &mut Link) -> Failure {
    // Both kinds of it have as many bytes as this.
    let is_bare = link.peek(2 + HELLO.len()).is_ok_and(|begin| begin.ends_with(HELLO.as_bytes()));
    let cause = match is_bare {
        true => "MASK is set and no key follows: the second byte of the client's frame has been taken over as it was",
        false => "the frame is masked as a client's: leave MASK at 0, the key away, and the payload as it is",
    };
    Failure::new("a frame without MASK", "a frame with MASK").because(cause)
}

fn opcode_is(trial: &mut Trial, right: Opcode) -> Verdict {
    let (link, begin) = answered(trial, right)?;
    let came = Opcode::decode(begin[0]);
    if came == right {
        return Ok(());
    }
    let failure = Failure::new(format!("the opcode {}", right.encode()), format!("the opcode {:x}", came.encode()));
    let cause = match came {
        // Whatever its opcode, it is another message.
        _ if begin[1] & 0x80 == 0 && usize::from(begin[1]) != HELLO.len() => NO_ECHO,
        Opcode::Continuation => "a message begins with the opcode of its kind, and 0 only continues one",
        Opcode::Text | Opcode::Binary => "send back the opcode that came: the same one is sent for every message",
        _ => return wrong(link, failure),
    };
    wrong(link, failure.because(cause))
}

/// Fragments are legal, but the last one has FIN. A new message shows that there was none.
fn last_has_fin(trial: &mut Trial) -> Verdict {
    let (mut link, begin) = answered(trial, Opcode::Text)?;
    if begin[0] & 0x80 != 0 {
        return Ok(());
    }
    link.send(&plain(Opcode::Text, "again"));
    match link.hear() {
        Heard::Message(_) => Ok(()),
        heard => {
            let cause = "a frame with FIN = 0 says that more of the message follows: the first byte is 81, and not 01";
            Err(Failure::new("a frame with FIN", heard.words()).because(cause).into())
        }
    }
}

/// Whether this is the beginning of the wide text, as long as it has characters.
fn is_cut_at(payload: &[u8], characters: usize) -> bool {
    payload.len() == characters && WIDE.as_bytes().starts_with(payload)
}
