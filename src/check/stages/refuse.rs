//! Stage 4: what is refused, and what is negotiated.
//!
//! s4.2.1: "The server must parse at least part of this handshake", and what it finds wrong there it MUST refuse. Rules of
//! HTTP that no client of WebSockets would miss are a SHOULD here, though a server of pages is bound to them: nobody's
//! WebSocket fails for want of a Host.

use crate::check::ask::Ask;
use crate::check::case::{Case, Failure, Level, Stop, Verdict};
use crate::check::cause::of_no_refusal;
use crate::check::link::{Answer, End};
use crate::check::opening::{EXTENSIONS, PROTOCOL, all_shown};
use crate::check::trial::Trial;

const VERSION: &str = "Sec-WebSocket-Version";

const ANY_VERSION: &str = "Sec-WebSocket-Version is not looked at, or not all of it: its value has to be 13";

/// The cases of this stage.
pub const CASES: &[Case] = &[
    Case {
        address: "ws/4.2.1/15",
        level: Level::Must,
        // s4.2.1: "the server MUST stop processing the client's handshake and return an HTTP response with an appropriate error
        // code (such as 400 Bad Request)."
        requirement: "A refusal is an answer of HTTP, with a status of 4xx or 5xx.",
        sends: "an opening handshake without Sec-WebSocket-Key",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().without("Sec-WebSocket-Key");
            match trial.asked(&ask)?.answer() {
                Answer::Head(head) if (400..600).contains(&head.status) => Ok(()),
                answer @ Answer::End(End::Fin | End::Reset(_)) => {
                    let cause =
                        "the connection is dropped: say HTTP/1.1 400 Bad Request first, so that the client learns why";
                    Err(Failure::new("a status of 4xx or 5xx", answer.words()).because(cause).into())
                }
                answer => {
                    let cause = of_no_refusal(&answer);
                    Err(Failure { cause, ..Failure::new("a status of 4xx or 5xx", answer.words()) }.into())
                }
            }
        },
    },
    Case {
        address: "http/9110/8.6/2",
        level: Level::Must,
        // RFC 9112 s6.3: "If the sender closes the connection or the recipient times out before the indicated number of octets
        // are received, the recipient MUST consider the message to be incomplete".
        requirement: "The content of a refusal is as long as Content-Length says.",
        sends: "an opening handshake without Sec-WebSocket-Key",
        expects: "a refusal, and all of its content",
        run: content_is_whole,
    },
    Case {
        address: "ws/4.2.1/16",
        level: Level::Must,
        // RFC 9112 s3: "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) error [...]".
        requirement: "What begins with no request line is refused.",
        sends: "the fields of an opening handshake behind the line \"HELLO OUT THERE\"",
        expects: "400",
        run: |trial| {
            let (method, target, version) = ("HELLO".to_owned(), "OUT".to_owned(), "THERE".to_owned());
            let ask = Ask { method, target, version, ..trial.ask() };
            trial.refused(&ask, &[400, 405, 501, 505], "the request line is not looked at: GET, a target, HTTP/1.1")
        },
    },
    Case {
        address: "ws/4.2.1/17",
        level: Level::Must,
        // s4.2.1, 1: "An HTTP/1.1 or higher GET request".
        requirement: "Only GET opens a WebSocket.",
        sends: "an opening handshake with POST instead of GET, and Content-Length: 0",
        expects: "405",
        run: |trial| {
            let ask = Ask { method: "POST".to_owned(), ..trial.ask() }.and("Content-Length", "0");
            trial.refused(&ask, &[405, 400, 501], "the method is not looked at: it has to be GET")
        },
    },
    Case {
        address: "ws/4.2.1/18",
        level: Level::Must,
        requirement: "A method that nobody knows opens no WebSocket.",
        sends: "an opening handshake with BREW instead of GET",
        expects: "405 or 501",
        run: |trial| {
            let ask = Ask { method: "BREW".to_owned(), ..trial.ask() };
            trial.refused(
                &ask,
                &[405, 501, 400],
                "the method is not looked at, or only POST is refused: it has to be GET",
            )
        },
    },
    Case {
        address: "http/9110/9.1/1",
        level: Level::Should,
        // RFC 9110 s9.1: "The method token is case-sensitive".
        requirement: "The method is GET in capitals.",
        sends: "an opening handshake with get instead of GET",
        expects: "405, 501 or 400",
        run: |trial| {
            let ask = Ask { method: "get".to_owned(), ..trial.ask() };
            trial.refused(&ask, &[405, 501, 400], "the method is compared without case: it has to be GET, byte by byte")
        },
    },
    Case {
        address: "http/9110/15.5.6/1",
        level: Level::Should,
        // RFC 9110 s15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
        requirement: "A 405 names the methods that are allowed.",
        sends: "an opening handshake with POST instead of GET, and Content-Length: 0",
        expects: "if 405, then with Allow: GET",
        run: |trial| {
            let ask = Ask { method: "POST".to_owned(), ..trial.ask() }.and("Content-Length", "0");
            match trial.asked(&ask)?.answer() {
                Answer::Head(head) if head.status == 405 && !head.has_token("allow", "get") => {
                    let cause = "405 says that there is another method, and Allow which";
                    Err(Failure::new("Allow: GET", all_shown(&head, "Allow")).because(cause).into())
                }
                _ => Ok(()),
            }
        },
    },
    Case {
        address: "ws/4.2.1/19",
        level: Level::Must,
        // RFC 9110 s7.8: "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request."
        requirement: "HTTP/1.0 opens no WebSocket.",
        sends: "an opening handshake of HTTP/1.0",
        // So it is a plain GET then, and a page may answer it.
        expects: "any status but 101, best 400, 426 or 505",
        run: |trial| {
            let ask = Ask { version: "HTTP/1.0".to_owned(), ..trial.ask() };
            let cause =
                "the version in the request line is not looked at: a proxy that speaks HTTP/1.0 knows no Upgrade";
            trial.not_upgraded(&ask, cause)
        },
    },
    Case {
        address: "http/9112/3.2/1",
        level: Level::Should,
        // RFC 9112 s3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a
        // Host header field and to any request message that contains more than one Host header field line".
        requirement: "A request without Host is refused.",
        sends: "an opening handshake without Host",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().without("Host");
            trial.refused(&ask, &[400], "Host is not looked for: each request of HTTP/1.1 has one (s4.2.1, 2)")
        },
    },
    Case {
        address: "http/9112/3.2/2",
        level: Level::Should,
        requirement: "A request with two Hosts is refused.",
        sends: "an opening handshake with two fields Host that differ",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().and("Host", "other.example");
            trial.refused(&ask, &[400], "of two Hosts one is used: a proxy in between may have used the other")
        },
    },
    Case {
        address: "http/9112/5.1/2",
        level: Level::Should,
        // RFC 9112 s5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any received request message
        // that contains whitespace between a header field name and colon."
        requirement: "A blank before the colon of a field is refused.",
        sends: "an opening handshake with a field \"X-Blank : 1\"",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().and("X-Blank ", "1");
            trial.refused(&ask, &[400], "names are trimmed: two readers of one head may then see two different fields")
        },
    },
    Case {
        address: "http/9112/5/2",
        level: Level::Should,
        // RFC 9112 s5: "Each field line consists of a case-insensitive field name followed by a colon (":")".
        requirement: "A line without a colon is refused.",
        sends: "an opening handshake with one more line, \"nonsense\"",
        expects: "400",
        run: |trial| {
            let mut ask = trial.ask();
            ask.version.push_str("\r\nnonsense");
            trial.refused(
                &ask,
                &[400],
                "lines without a colon are passed over: the request is not what its sender meant",
            )
        },
    },
    Case {
        address: "http/9110/5.5/2",
        level: Level::Should,
        // RFC 9110 s5.5: a recipient of CR, LF or NUL in a field value "MUST either reject the message or replace each of those
        // characters with SP before further processing". A Host with a blank is refused as well (RFC 9112 s3.2).
        requirement: "A NUL in the value of a field is refused.",
        sends: "an opening handshake with a NUL in Host",
        expects: "400",
        run: |trial| {
            let ask = trial.ask().with("Host", "exam\0ple");
            let cause = "values are taken as they come: another reader of the head takes a NUL for its end";
            trial.refused(&ask, &[400], cause)
        },
    },
    Case {
        address: "ws/4.2.2/8",
        level: Level::Must,
        // s4.2.2, 4: "If this version does not match a version understood by the server, the server MUST abort the WebSocket
        // handshake described in this section and instead send an appropriate HTTP error code (such as 426 Upgrade Required)".
        requirement: "A version that is not 13 is refused.",
        sends: "an opening handshake with Sec-WebSocket-Version: 12",
        expects: "426 or 400",
        run: |trial| {
            let ask = trial.ask().with(VERSION, "12");
            trial.refused(&ask, &[426, 400], ANY_VERSION)
        },
    },
    Case {
        address: "ws/4.4/1",
        level: Level::Must,
        // s4.4: "If the server doesn't support the requested version, it MUST respond with a |Sec-WebSocket-Version| header field
        // [...] containing all versions it is willing to use."
        requirement: "Who asks for another version is told that 13 is spoken.",
        sends: "an opening handshake with Sec-WebSocket-Version: 12",
        expects: "a refusal with Sec-WebSocket-Version: 13",
        run: |trial| {
            let ask = trial.ask().with(VERSION, "12");
            let answer = trial.asked(&ask)?.answer();
            let came = match &answer {
                Answer::Head(head) if head.has_token(VERSION, "13") => return Ok(()),
                Answer::Head(head) => format!("{} with {}", answer.words(), all_shown(head, VERSION)),
                Answer::End(_) => return Err(no_head()),
                _ => answer.words(),
            };
            let cause = match answer.status() {
                Some(101) => ANY_VERSION,
                _ => {
                    "the refusal has to name the versions that are spoken, or the client does not know what to ask for"
                }
            };
            Err(Failure::new("a refusal with Sec-WebSocket-Version: 13", came).because(cause).into())
        },
    },
    Case {
        address: "ws/4.2.2/9",
        level: Level::Must,
        requirement: "A version that only begins like 13 is refused.",
        sends: "an opening handshake with Sec-WebSocket-Version: 130",
        expects: "426 or 400",
        run: |trial| {
            let ask = trial.ask().with(VERSION, "130");
            trial.refused(&ask, &[426, 400], "13 is looked for in the value: the whole value has to be 13")
        },
    },
    Case {
        address: "ws/4.2.1/20",
        level: Level::Must,
        // s4.2.1, 6: "A |Sec-WebSocket-Version| header field, with a value of 13."
        requirement: "A request without a version is refused.",
        sends: "an opening handshake without Sec-WebSocket-Version",
        expects: "400 or 426",
        run: |trial| {
            let ask = trial.ask().without(VERSION);
            trial.refused(&ask, &[400, 426], "a version that is not there is taken for 13")
        },
    },
    Case {
        address: "ws/4.2.2/10",
        level: Level::Must,
        // s4.2.2, 4: "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403
        // Forbidden) and abort the WebSocket handshake".
        requirement: "A foreign origin is accepted, or refused with a status of 4xx or 5xx.",
        sends: "an opening handshake with Origin: http://elsewhere.example",
        expects: "101 or 403",
        run: |trial| {
            let ask = trial.ask().with("Origin", "http://elsewhere.example");
            if trial.granted_or_refused(&ask)?.is_some() {
                trial.note("pages of any origin are accepted: right for an echo, and not where cookies count (s10.2)");
            }
            Ok(())
        },
    },
    Case {
        address: "ws/4.2.2/11",
        level: Level::Must,
        // s4.2.2, 4: "Either a single value representing the subprotocol the server is ready to use or null. The value chosen MUST
        // be derived from the client's handshake, specifically by selecting one of the values".
        requirement: "Of several subprotocols one is chosen, or none.",
        sends: "an opening handshake with Sec-WebSocket-Protocol: chat, Echo.v2",
        expects: "101 with one of the two, or without the field",
        run: |trial| {
            let ask = trial.ask().with(PROTOCOL, "chat, Echo.v2");
            trial.agrees_to_one_of(&ask, &["chat", "Echo.v2"])
        },
    },
    Case {
        address: "ws/11.3.4/1",
        level: Level::Must,
        // s11.3.4: "The |Sec-WebSocket-Protocol| header field MAY appear multiple times in an HTTP request [...]. However, [it] MUST
        // NOT appear more than once in an HTTP response."
        requirement: "Subprotocols may be offered in two fields, and one field answers.",
        sends: "an opening handshake with Sec-WebSocket-Protocol: chat and Sec-WebSocket-Protocol: echo",
        expects: "101 with one of the two, or without the field",
        run: |trial| {
            let ask = trial.ask().with(PROTOCOL, "chat").and(PROTOCOL, "echo");
            trial.agrees_to_one_of(&ask, &["chat", "echo"])
        },
    },
    Case {
        address: "ws/4.2.2/12",
        level: Level::Must,
        requirement: "A subprotocol that the server does not know is not answered with another one.",
        sends: "an opening handshake with Sec-WebSocket-Protocol: x-unheard-of",
        expects: "101 with that one, or without the field",
        run: |trial| {
            let ask = trial.ask().with(PROTOCOL, "x-unheard-of");
            trial.agrees_to_one_of(&ask, &["x-unheard-of"])
        },
    },
    Case {
        address: "ws/4.2.2/13",
        level: Level::Must,
        // s4.2.2, 4: "If the client's handshake did not contain such a header field [...], the only acceptable value is null."
        requirement: "Where no subprotocol is offered, none is agreed on.",
        sends: "an opening handshake without Sec-WebSocket-Protocol",
        expects: "101 without Sec-WebSocket-Protocol",
        run: |trial| {
            let ask = trial.ask().without(PROTOCOL);
            trial.agrees_to_one_of(&ask, &[])
        },
    },
    Case {
        address: "ws/4.2.2/14",
        level: Level::Must,
        // s4.2.2, 4: "Extensions not listed by the client MUST NOT be listed."
        requirement: "Where no extension is offered, none is agreed on.",
        sends: "an opening handshake without Sec-WebSocket-Extensions",
        expects: "101 without Sec-WebSocket-Extensions",
        run: |trial| {
            let ask = trial.ask().without(EXTENSIONS);
            trial.agrees_to_no_extension(
                &ask,
                "an extension is promised that the client did not offer: it would end the connection",
            )
        },
    },
    Case {
        address: "ws/9.1/1",
        level: Level::Must,
        // s9.1: "The server [...] accepts one or more extensions by including a |Sec-WebSocket-Extensions| header field": what it says
        // there it has to do.
        requirement: "An extension that the server does not know is declined.",
        sends: "an opening handshake with Sec-WebSocket-Extensions: x-unheard-of; level=9",
        expects: "101 without Sec-WebSocket-Extensions",
        run: |trial| {
            let ask = trial.ask().with(EXTENSIONS, "x-unheard-of; level=9");
            trial.agrees_to_no_extension(
                &ask,
                "the offer is sent back as it came: that is a promise; who has no extensions leaves the field out",
            )
        },
    },
    Case {
        address: "ws/9.1/2",
        level: Level::Must,
        // s9.1: "extension-param = token [ "=" (token | quoted-string) ]"
        requirement: "What stands in quotes is no offer.",
        sends: "an opening handshake with Sec-WebSocket-Extensions: x-unheard-of; a=\"permessage-deflate\"",
        expects: "101 without Sec-WebSocket-Extensions",
        run: |trial| {
            let ask = trial.ask().with(EXTENSIONS, "x-unheard-of; a=\"permessage-deflate\"");
            trial.agrees_to_no_extension(
                &ask,
                "permessage-deflate is looked for anywhere in the value: an offer is a name with parameters",
            )
        },
    },
];

/// Reads as much as the refusal says that there is.
fn content_is_whole(trial: &mut Trial) -> Verdict {
    let ask = trial.ask().without("Sec-WebSocket-Key");
    let mut link = trial.asked(&ask)?;
    // That there is an answer is asked before; one without a length ends with the connection.
    let Answer::Head(head) = link.answer() else { return Err(no_head()) };
    let Some(length) = head.number("content-length").and_then(|length| usize::try_from(length).ok()) else {
        return Ok(());
    };
    let most = length.min(1 << 20);
    let (content, end) = link.bytes(most);
    if content.len() >= most {
        return Ok(());
    }
    let cause = match end {
        Some(End::Reset(_)) => {
            "the connection is closed while there is something to read, so that TCP resets it: read first"
        }
        _ => "Content-Length says more than there is: it counts the bytes of the content alone, and not the head",
    };
    let end = end.map_or(String::new(), |end| format!(", and then {}", end.words()));
    let came = format!("{} bytes{end}", content.len());
    Err(Failure::new(format!("{length} bytes"), came).because(cause).into())
}

/// One fault, one failure: who does not answer fails another case.
fn no_head() -> Stop {
    Stop::Skipped("there is no answer: see ws/4.2.1/15".to_owned())
}
