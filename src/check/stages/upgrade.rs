//! Stage 2: which request asks for a WebSocket, and what the answer has to say.
//!
//! Whether the key is answered rightly is not looked at here.

use crate::check::case::{Case, Failure, Level, Verdict, because};
use crate::check::opening::all_shown;
use crate::check::trial::Trial;
use crate::wire::escape;

const RIGHT: &str = "something in the request is not recognised, though it has all that s4.2.1 asks for: look at this path for Upgrade, \
                     Connection, and the Sec-WebSocket fields";

const LIST: &str =
    "Connection is a list: split it at its commas, trim, and look for the token upgrade in it, without case";

const CASE: &str = "tokens are compared without case: make both sides lower case before they are compared";

const NAMES: &str = "names of fields are compared without case: make them lower case when they are read";

const BLANKS: &str =
    "between the colon and the value stand any number of blanks, or none: split at the colon, then trim";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/4.2.2/1",
        level: Level::Must,
        // s4.2.2, 5.1: "A Status-Line with a 101 response code".
        requirement: "A right opening handshake is answered with 101.",
        sends: "a right opening handshake",
        expects: "101",
        run: |trial| {
            let ask = trial.ask();
            trial.granted(&ask, RIGHT).map(drop)
        },
    },
    Case {
        address: "http/9110/6.2/1",
        level: Level::Should,
        // RFC 9110 s6.2: "A server SHOULD send a response version equal to the highest version to which the server is conformant
        // that has a major version less than or equal to the one received in the request."
        requirement: "The version in the status line is HTTP/1.1.",
        sends: "a right opening handshake",
        expects: "HTTP/1.1 101",
        run: |trial| {
            let ask = trial.ask();
            let head = trial.granted(&ask, RIGHT)?;
            if head.status_line().starts_with("HTTP/1.1 ") {
                return Ok(());
            }
            let came = escape::text(head.status_line().as_bytes());
            let cause = "HTTP/1.0 has no Upgrade, and browsers refuse such an answer: the server's library has a setting for it";
            Err(Failure::new("HTTP/1.1 101 ...", came).because(cause).into())
        },
    },
    Case {
        address: "ws/4.2.2/2",
        level: Level::Must,
        requirement: "The 101 has an Upgrade field with the value websocket.",
        sends: "a right opening handshake",
        expects: "101 with Upgrade: websocket, in whatever case",
        run: says_websocket,
    },
    Case {
        address: "ws/4.2.2/3",
        level: Level::Must,
        requirement: "The 101 has a Connection field with the token Upgrade.",
        sends: "a right opening handshake",
        expects: "101 with Connection: Upgrade, in whatever case",
        run: says_upgrade,
    },
    Case {
        address: "http/9110/8.6/1",
        level: Level::Must,
        // RFC 9110 s8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx
        // (Informational) or 204 (No Content)." RFC 9112 s6.1 has the same for Transfer-Encoding.
        requirement: "The 101 announces no content: what follows it are frames.",
        sends: "a right opening handshake",
        expects: "101 without Content-Length and Transfer-Encoding",
        run: has_no_content,
    },
    Case {
        address: "ws/4.2.1/1",
        level: Level::Must,
        // s4.2.1, 4: "A |Connection| header field that includes the token "Upgrade", treated as an ASCII case-insensitive value."
        requirement: "Upgrade is found in Connection among other tokens.",
        sends: "an opening handshake with \"Connection: keep-alive, Upgrade\", as Firefox has it",
        expects: "101",
        run: |trial| connection(trial, "keep-alive, Upgrade", LIST),
    },
    Case {
        address: "ws/4.2.1/2",
        level: Level::Must,
        requirement: "Upgrade is found in Connection, whatever the case.",
        sends: "opening handshakes with \"Connection: upgrade\" and \"UPGRADE\"",
        expects: "101",
        run: |trial| {
            connection(trial, "upgrade", CASE)?;
            connection(trial, "UPGRADE", CASE)
        },
    },
    Case {
        address: "ws/4.2.1/3",
        level: Level::Must,
        // s4.2.1, 3: "An |Upgrade| header field containing the value "websocket", treated as an ASCII case-insensitive value."
        requirement: "The value of Upgrade is compared without case.",
        sends: "opening handshakes with \"Upgrade: WebSocket\" and \"WEBSOCKET\"",
        expects: "101",
        run: |trial| {
            for value in ["WebSocket", "WEBSOCKET"] {
                let ask = trial.ask().with("Upgrade", value);
                trial.granted(&ask, CASE)?;
            }
            Ok(())
        },
    },
    Case {
        address: "http/9110/5.1/1",
        level: Level::Must,
        // RFC 9110 s5.1: "Field names are case-insensitive".
        requirement: "The names of fields may be in small letters.",
        sends: "an opening handshake with host:, upgrade:, connection:, sec-websocket-key:, sec-websocket-version:",
        expects: "101",
        run: |trial| {
            let mut ask = trial.ask();
            ask.fields.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
            trial.granted(&ask, NAMES).map(drop)
        },
    },
    Case {
        address: "http/9110/5.1/2",
        level: Level::Must,
        requirement: "The names of fields may be in capitals.",
        sends: "an opening handshake with HOST:, UPGRADE:, CONNECTION:, SEC-WEBSOCKET-KEY:, SEC-WEBSOCKET-VERSION:",
        expects: "101",
        run: |trial| {
            let mut ask = trial.ask();
            ask.fields.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase());
            trial.granted(&ask, NAMES).map(drop)
        },
    },
    Case {
        address: "http/9112/5/1",
        level: Level::Must,
        // RFC 9112 s5: "field-line = field-name ":" OWS field-value OWS".
        requirement: "There need not be a blank behind a field's colon.",
        sends: "an opening handshake with \"Connection:Upgrade\", and so on",
        expects: "101",
        run: without_blanks,
    },
    Case {
        address: "http/9112/5.1/1",
        level: Level::Must,
        // RFC 9112 s5.1: "The field line value does not include that leading or trailing whitespace".
        requirement: "There may be more blanks around a field's value.",
        sends: "an opening handshake with \"Connection:   Upgrade  \"",
        expects: "101",
        run: |trial| connection(trial, "  Upgrade  ", BLANKS),
    },
    Case {
        address: "ws/4.2.1/4",
        level: Level::Must,
        // s4.2.1: "the order of the header fields is not important".
        requirement: "The fields may stand in any order.",
        sends: "an opening handshake with its fields in reverse order",
        expects: "101",
        run: |trial| {
            let mut ask = trial.ask();
            ask.fields.reverse();
            trial
                .granted(&ask, "fields are looked for at the place where one client has them: look for their names")
                .map(drop)
        },
    },
    Case {
        address: "ws/4.2.1/5",
        level: Level::Must,
        // s4.2.1, 10: "Unknown header fields are ignored, as per [RFC2616]."
        requirement: "Fields that mean nothing to the server are passed over.",
        sends: "an opening handshake with twenty more fields, with colons, commas, quotes and = in their values",
        expects: "101",
        run: |trial| {
            let mut ask = trial.ask();
            for number in 0..20 {
                ask = ask.and(&format!("X-Field-{number}"), "a: b, c=\"d: e\"; http://localhost:80/?f=g");
            }
            let cause =
                "a field's value may hold colons, and there may be many fields: split each line at its first colon";
            trial.granted(&ask, cause).map(drop)
        },
    },
    Case {
        address: "http/9110/5.6.1/1",
        level: Level::Must,
        // RFC 9110 s5.6.1.2: "#element => [ element ] *( OWS "," OWS [ element ] )", where OWS is any number of blanks, or none.
        requirement: "A list is split at its commas, whether blanks stand there or not.",
        sends: "opening handshakes with \"Connection: keep-alive,Upgrade\" and \"keep-alive  ,   Upgrade\"",
        expects: "101",
        run: |trial| {
            connection(trial, "keep-alive,Upgrade", LIST)?;
            connection(trial, "keep-alive  ,   Upgrade", LIST)
        },
    },
    Case {
        address: "http/9110/5.3/1",
        level: Level::Should,
        // RFC 9110 s5.3: "A recipient MAY combine multiple field lines within a field section that have the same field name into
        // one field line, without changing the semantics". So two lines mean what one list means; no MUST says to look.
        requirement: "A list may stand in two lines of the same name.",
        sends: "an opening handshake with \"Connection: keep-alive\" and \"Connection: Upgrade\"",
        expects: "101",
        run: |trial| {
            let ask = trial.ask().with("Connection", "keep-alive").and("Connection", "Upgrade");
            let cause = "of two fields with one name the server sees only one: put their values together, with a comma";
            trial.granted(&ask, cause).map(drop)
        },
    },
    Case {
        address: "http/9112/3.2.2/1",
        level: Level::Must,
        // RFC 9112 s3.2.2: "a server MUST accept the absolute-form in requests even though most HTTP/1.1 clients will only send
        // the absolute-form to a proxy." s4.2.1, 1 repeats it.
        requirement: "The target of the request may be a whole URI.",
        sends: "an opening handshake that begins with \"GET http://HOST/PATH HTTP/1.1\"",
        expects: "101",
        run: |trial| {
            let mut ask = trial.ask();
            let scheme = if trial.settings.url.tls { "https" } else { "http" };
            ask.target = format!("{scheme}://{}{}", trial.settings.url.authority, ask.target);
            trial.granted(&ask, "the target is compared with a path: it may begin with http:// and the host").map(drop)
        },
    },
    Case {
        address: "ws/4.2.1/6",
        level: Level::Must,
        requirement: "A plain GET is not answered with 101.",
        sends: "GET without Upgrade, Connection and Sec-WebSocket fields",
        expects: "any status but 101: 426, or a page",
        run: |trial| {
            let mut ask = trial.ask().without("Upgrade").without("Connection");
            ask.fields.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("sec-websocket-"));
            trial.not_upgraded(&ask, "every request gets 101: look at Upgrade and Connection first")
        },
    },
    Case {
        address: "ws/4.2.1/7",
        level: Level::Must,
        requirement: "Without the field Upgrade there is no upgrade.",
        sends: "an opening handshake without Upgrade",
        expects: "any status but 101, best 426 or 400",
        run: |trial| {
            let ask = trial.ask().without("Upgrade");
            trial.not_upgraded(&ask, "the field Upgrade is not looked at: it has to be there, with the value websocket")
        },
    },
    Case {
        address: "ws/4.2.1/8",
        level: Level::Must,
        requirement: "Without Upgrade in Connection there is no upgrade.",
        sends: "opening handshakes without Connection, and with \"Connection: keep-alive\"",
        expects: "any status but 101, best 426 or 400",
        run: |trial| {
            let cause =
                "the field Connection is not looked at: a proxy that knows no WebSocket takes Upgrade out of it";
            for ask in [trial.ask().without("Connection"), trial.ask().with("Connection", "keep-alive")] {
                trial.not_upgraded(&ask, cause)?;
            }
            Ok(())
        },
    },
    Case {
        address: "ws/4.2.1/9",
        level: Level::Must,
        requirement: "A token is the whole word.",
        sends: "an opening handshake with \"Connection: x-upgrade-later\"",
        expects: "any status but 101, best 426 or 400",
        run: |trial| {
            let ask = trial.ask().with("Connection", "x-upgrade-later");
            trial.not_upgraded(
                &ask,
                "upgrade is looked for anywhere in the value: split it at its commas, and compare whole tokens",
            )
        },
    },
    Case {
        address: "ws/4.2.1/10",
        level: Level::Must,
        requirement: "An upgrade to another protocol is not one to websocket.",
        sends: "opening handshakes with \"Upgrade: h2c\" and \"Upgrade: websockets\"",
        expects: "any status but 101, best 426 or 400",
        run: |trial| {
            for value in ["h2c", "websockets"] {
                let ask = trial.ask().with("Upgrade", value);
                trial.not_upgraded(
                    &ask,
                    "it is enough for the server that there is an Upgrade: its value has to be websocket",
                )?;
            }
            Ok(())
        },
    },
];

fn connection(trial: &mut Trial, value: &str, cause: &str) -> Verdict {
    let ask = trial.ask().with("Connection", value);
    trial.granted(&ask, cause).map(drop)
}

/// s4.1, 2: a client fails the connection if the field "contains a value that is not an ASCII case-insensitive match for the
/// value "websocket"".
fn says_websocket(trial: &mut Trial) -> Verdict {
    let ask = trial.ask();
    let head = trial.granted(&ask, RIGHT)?;
    let values: Vec<&[u8]> = head.values("upgrade").collect();
    if matches!(values[..], [value] if value.eq_ignore_ascii_case(b"websocket")) {
        return Ok(());
    }
    let cause =
        "the field has to be in the answer as well, once, with the value websocket: no client goes on without it";
    Err(Failure::new("Upgrade: websocket", all_shown(&head, "Upgrade")).because(cause).into())
}

fn says_upgrade(trial: &mut Trial) -> Verdict {
    let ask = trial.ask();
    let head = trial.granted(&ask, RIGHT)?;
    if head.has_token("connection", "upgrade") {
        return Ok(());
    }
    let cause = "the field has to be in the answer as well, with the token Upgrade: no client goes on without it";
    Err(Failure::new("Connection: Upgrade", all_shown(&head, "Connection")).because(cause).into())
}

fn has_no_content(trial: &mut Trial) -> Verdict {
    let ask = trial.ask();
    let head = trial.granted(&ask, RIGHT)?;
    for name in ["Content-Length", "Transfer-Encoding"] {
        if head.value(name).is_some() {
            let cause = "the 101 is written by the code that writes pages: it has no content, and says nothing of it";
            return Err(Failure::new(format!("no {name}"), all_shown(&head, name)).because(cause).into());
        }
    }
    Ok(())
}

/// The right request without the blanks behind the colons.
fn without_blanks(trial: &mut Trial) -> Verdict {
    let ask = trial.ask();
    let mut link = trial.connect()?;
    link.send_bytes(&ask.encode_without_blanks());
    because(link.expect_101(), BLANKS).map(drop)
}
