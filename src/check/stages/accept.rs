//! Stage 3: the accept key, which shows that it was a server of WebSockets that read the request.
//!
//! A server need not decode the key (s4.2.2), and what it does not look at it can't find wrong: that a key of another length is
//! refused (s4.2.1) is a SHOULD here, though a key there must be.

use crate::check::ask::SAMPLE_KEY;
use crate::check::case::{Case, Failure, Level};
use crate::check::opening::{accept_fits, all_shown};
use crate::protocol::upgrade::GUID;
use data_encoding::BASE64;
use sha1::{Digest, Sha1};

const NO_CAUSE: &str = "a right opening handshake is refused: see stage 2";

const ANY_KEY: &str = "the key is hashed, and not looked at: it has 22 characters of base64 and then ==";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/4.2.2/4",
        level: Level::Must,
        requirement: "Sec-WebSocket-Accept is the SHA-1 of the key and the GUID, in base64.",
        sends: "an opening handshake with a key of 16 random bytes",
        expects: "101 with the hash of that key",
        run: |trial| {
            let ask = trial.ask();
            trial.accepted(&ask, NO_CAUSE)
        },
    },
    Case {
        address: "ws/1.3/1",
        level: Level::Must,
        requirement: "The key of the RFC's example gets the answer of the RFC's example.",
        sends: "an opening handshake with the key dGhlIHNhbXBsZSBub25jZQ==",
        expects: "101 with s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        run: |trial| {
            let ask = trial.ask().with("Sec-WebSocket-Key", SAMPLE_KEY);
            trial.accepted(&ask, NO_CAUSE)
        },
    },
    Case {
        address: "ws/4.2.2/5",
        level: Level::Must,
        requirement: "Every character of base64 may stand in a key.",
        sends: "opening handshakes with keys that have +, / and both cases of letters",
        expects: "101 with the hash of each key",
        run: |trial| {
            for key in ["+/Az09+/Az09+/Az09+/Aw==", "/////////////////////w=="] {
                let ask = trial.ask().with("Sec-WebSocket-Key", key);
                trial.accepted(&ask, NO_CAUSE)?;
            }
            Ok(())
        },
    },
    Case {
        address: "ws/4.2.2/6",
        level: Level::Must,
        requirement: "The hash is 20 bytes, also where the first one is zero.",
        sends: "an opening handshake with a key whose hash begins with a zero byte",
        expects: "101 with the base64 of all 20 bytes",
        run: |trial| {
            // One key in 256 is like that.
            let key = loop {
                let key = BASE64.encode(&trial.bytes(16));
                if Sha1::digest(format!("{key}{GUID}"))[0] == 0 {
                    break key;
                }
            };
            let ask = trial.ask().with("Sec-WebSocket-Key", &key);
            trial.accepted(&ask, NO_CAUSE)
        },
    },
    Case {
        address: "http/9110/5.5/1",
        level: Level::Must,
        // RFC 9110 s5.5: "A field value does not include leading or trailing whitespace. When a specific version of HTTP allows such
        // whitespace to appear in a message, a field parsing implementation MUST exclude such whitespace prior to evaluating the
        // field value."
        requirement: "Blanks around a field's value do not belong to it.",
        sends: "an opening handshake with two more blanks before the key and two behind it",
        expects: "101 with the hash of the key alone",
        run: |trial| {
            let ask = trial.ask();
            let key = format!("  {}  ", ask.key());
            trial.accepted(&ask.with("Sec-WebSocket-Key", &key), "the value is not trimmed before it is looked at")
        },
    },
    Case {
        address: "ws/4.2.2/7",
        level: Level::Must,
        // s4.2.2, 4: "This (encoded) value is used in the creation of the server's handshake [...]. It is not necessary for the
        // server to base64-decode the |Sec-WebSocket-Key| value."
        requirement: "The key is hashed as the text that came.",
        sends: "an opening handshake with the key AQIDBAUGBwgJCgsMDQ4PEC==, which an encoder would end with PEA==",
        expects: "101 with the hash of the text, or a refusal",
        run: |trial| {
            // s4.1 prints a key like this one. RFC 4648 s3.5: a decoder "MAY chose to reject an encoding if the pad bits have not
            // been set to zero", so that a refusal is legal.
            let ask = trial.ask().with("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC==");
            if let Some(head) = trial.granted_or_refused(&ask)? {
                return accept_fits(&head, ask.key());
            }
            let words = "a key as RFC 6455 s4.1 prints it is refused: legal, for its last four bits are not zero";
            trial.note(format!("{words} (RFC 4648 s3.5)"));
            Ok(())
        },
    },
    Case {
        address: "ws/11.3.3/1",
        level: Level::Must,
        // s11.3.3: "The |Sec-WebSocket-Accept| header MUST NOT appear more than once in an HTTP response."
        requirement: "Sec-WebSocket-Accept stands in the answer once.",
        sends: "a right opening handshake",
        expects: "101 with one Sec-WebSocket-Accept",
        run: |trial| {
            let ask = trial.ask();
            let head = trial.granted(&ask, NO_CAUSE)?;
            if head.values("sec-websocket-accept").count() <= 1 {
                return Ok(());
            }
            let cause = "two parts of the server write the field: clients refuse such an answer";
            Err(Failure::new("the field once", all_shown(&head, "Sec-WebSocket-Accept")).because(cause).into())
        },
    },
    Case {
        address: "ws/4.2.1/11",
        level: Level::Must,
        requirement: "A request without a key is refused.",
        sends: "an opening handshake without Sec-WebSocket-Key",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().without("Sec-WebSocket-Key");
            trial.refused(
                &ask,
                &[400],
                "a key that is not there is taken for an empty one: refuse the request with 400",
            )
        },
    },
    Case {
        address: "ws/4.2.1/12",
        level: Level::Should,
        requirement: "A key without any character is refused.",
        sends: "an opening handshake with an empty Sec-WebSocket-Key",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().with("Sec-WebSocket-Key", "");
            trial.refused(&ask, &[400], ANY_KEY)
        },
    },
    Case {
        address: "ws/4.2.1/13",
        level: Level::Should,
        requirement: "A key that is not of 16 bytes is refused.",
        sends: "opening handshakes with keys of 10 and of 17 bytes, in base64",
        expects: "400",
        run: |trial| {
            for len in [10, 17] {
                let key = BASE64.encode(&trial.bytes(len));
                let ask = trial.ask().with("Sec-WebSocket-Key", &key);
                trial.refused(&ask, &[400], ANY_KEY)?;
            }
            Ok(())
        },
    },
    Case {
        address: "ws/4.2.1/14",
        level: Level::Should,
        requirement: "A key that is no base64 is refused.",
        sends: "an opening handshake with the key !!!!!!!!!!!!!!!!!!!!!!==",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().with("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!==");
            trial.refused(&ask, &[400], ANY_KEY)
        },
    },
    Case {
        address: "ws/11.3.1/1",
        level: Level::Should,
        // s11.3.1: "The |Sec-WebSocket-Key| header field MUST NOT appear more than once in an HTTP request." That binds the client;
        // which of two keys would be answered, nobody knows.
        requirement: "A request with two keys is refused.",
        sends: "an opening handshake with two keys",
        expects: "400",
        run: |trial| {
            let second = BASE64.encode(&trial.bytes(16));
            let ask = trial.ask().and("Sec-WebSocket-Key", &second);
            trial.refused(&ask, &[400], "of two keys one is used: refuse a request in which the field stands twice")
        },
    },
];
