//! Why there is no WebSocket: one cause, named by what was seen of it.

use super::refusal;
use crate::client::handshake;
use crate::client::{Error, Part, Refusal, Url};
use crate::connect::cause;
use crate::probe::head::{has_token, values};
use crate::probe::link::dial;
use crate::probe::look::Look;
use crate::probe::{Bench, Fault, Hop, Section, Settings};
use serde_json::Value;
use std::time::Instant;

/// The shortest header of the PROXY protocol, version 1: it says that there is nothing to say.
const PROXY_HEADER: &[u8] = b"PROXY UNKNOWN\r\n";

/// What a ws101 says in a refusal that could not be JSON.
const SAYS_PROXY: &[u8] = b"header of the PROXY protocol";

/// A fault, and what it does here.
type Blame = (Fault, String);

/// Finds it, if there is one.
pub fn find(bench: &Bench<'_>, section: &mut Section) {
    let look = bench.look;
    let Err(error) = &look.opened else { return };
    let blame = match error {
        Error::Refused(refusal) => match refused(bench, refusal) {
            // Told with the fields, where it is one cause and not two.
            None => return,
            Some(blame) => {
                if blame.0 == Fault::Refused && refusal::location(&refusal.head).is_none() {
                    section.saw(format!("likely cause: {}", cause::of(refusal)));
                }
                blame
            }
        },
        Error::Handshake { section, why, .. } => (Fault::Bad101, format!("the 101 breaks RFC 6455 {section}: {why}")),
        Error::TimedOut => {
            let within = bench.settings.timeout.as_secs_f64();
            (Fault::NoBackend, format!("the connection was taken, and no answer came within {within:.1} s"))
        }
        _ if !look.answered => silence(bench.settings, error),
        other => (Fault::Refused, other.to_string()),
    };
    section.fault(blame.0, blame.1);
}

/// An answer that is no 101. `None`: a field that was lost explains it.
fn refused(bench: &Bench<'_>, refusal: &Refusal) -> Option<Blame> {
    let (look, url) = (bench.look, &bench.settings.url);
    if let Some(blame) = proxy_protocol(refusal) {
        return Some(blame);
    }
    if let Some(told) = &look.inspected {
        let lost = lost_upgrade(&look.sent, &told.request_as_it_arrived);
        return match lost {
            Some(blame) => Some(blame),
            None if super::fields::explain(look, refusal.head.status) => None,
            None => Some((Fault::Refused, refusal::says(refusal, url))),
        };
    }
    match refusal.head.status {
        403 if is_empty(refusal) && look.hop == Hop::Envoy => {
            let says = "403 with nothing in it, which is what Envoy says to an upgrade that it does not allow";
            Some((Fault::UpgradeForbidden, says.to_owned()))
        }
        426 | 505 if is_lost_unseen(look, refusal) => Some(lost_unseen(refusal, url)),
        502..=504 => {
            Some((Fault::NoBackend, format!("{}: {}", refusal::status_line(&refusal.head), gateway(look, refusal))))
        }
        _ => Some((Fault::Refused, refusal::says(refusal, url))),
    }
}

/// What the statuses of a gateway mean (RFC 9110 s15.6). 503 is also what a server says that has too much to do.
fn gateway(look: &Look, refusal: &Refusal) -> &'static str {
    match refusal.head.status {
        502 => "a hop found no server, or none that it understands",
        504 => "the server behind a hop did not answer in time",
        _ if look.hop == Hop::HaProxy => "a hop has no server to ask",
        _ => "a hop has no server to ask, or the server itself takes no connections now",
    }
}

/// A server that is no ws101 says that it saw no upgrade, or another version of HTTP, and this end has sent both as they
/// should be. Then the hop that shows itself has lost them.
fn is_lost_unseen(look: &Look, refusal: &Refusal) -> bool {
    let is_hop = !matches!(look.hop, Hop::Nothing | Hop::Unseen);
    // A server that asks for another version of the WebSocket protocol says 426 as well (RFC 6455 s4.4).
    let takes_13 = refusal.head.value("sec-websocket-version").is_none_or(|versions| has(versions, b"13"));
    is_hop && takes_13 && upgrades(&look.sent)
}

fn lost_unseen(refusal: &Refusal, url: &Url) -> Blame {
    let says = refusal::says(refusal, url);
    let says = says.trim_end_matches('.');
    match refusal.head.status {
        505 => {
            (Fault::Http10, format!("{says}; this end asked in HTTP/1.1, so a hop asks the server in another version"))
        }
        _ => {
            (Fault::NoUpgrade, format!("{says}; this end sent Upgrade and Connection, so a hop takes one of them away"))
        }
    }
}

/// A header of the PROXY protocol that nobody expected, or that somebody misses.
fn proxy_protocol(refusal: &Refusal) -> Option<Blame> {
    let json: Option<Value> = serde_json::from_slice(&refusal.body).ok();
    let reason = json.as_ref().and_then(|json| json["reason"].as_str());
    let unasked = "the server got a header of the PROXY protocol before the request, and expects none".to_owned();
    let missing = "the server waits for a header of the PROXY protocol, and none came before the request".to_owned();
    match reason {
        Some("proxy-protocol") => Some((Fault::ProxyProtocolUnasked, unasked)),
        Some("proxy-protocol-missing") => Some((Fault::ProxyProtocolMissing, missing)),
        Some(_) => None,
        // Behind such a header there is nothing that could ask for JSON.
        None if refusal.head.status == 400 && has(&refusal.body, SAYS_PROXY) => {
            Some((Fault::ProxyProtocolUnasked, unasked))
        }
        None => None,
    }
}

fn upgrades(lines: &[String]) -> bool {
    has_token(lines, "upgrade", "websocket") && has_token(lines, "connection", "upgrade")
}

/// What an upgrade needs, and was taken away on the way.
fn lost_upgrade(sent: &[String], arrived: &[String]) -> Option<Blame> {
    if !upgrades(sent) {
        return None; // the user has asked for none
    }
    let connection = match values(arrived, "connection").next() {
        Some(value) => format!("with Connection: {value}"),
        None => "without Connection".to_owned(),
    };
    let has_upgrade = has_token(arrived, "upgrade", "websocket");
    if arrived.first().is_some_and(|line| line.ends_with(" HTTP/1.0")) {
        let upgrade = if has_upgrade { "" } else { "without Upgrade and " };
        return Some((
            Fault::Http10,
            format!("the request arrived as HTTP/1.0, which has no upgrade, {upgrade}{connection}"),
        ));
    }
    match (has_upgrade, has_token(arrived, "connection", "upgrade")) {
        (true, true) => None,
        (true, false) => Some((Fault::NoUpgrade, format!("the request arrived with Upgrade, but {connection}"))),
        (false, _) => Some((Fault::NoUpgrade, format!("the request arrived without Upgrade and {connection}"))),
    }
}

/// The connection ended without a byte. Somebody may wait for a header of the PROXY protocol: with one there is an answer.
fn silence(settings: &Settings, error: &Error) -> Blame {
    if !settings.url.tls && answers_to_proxy_header(settings) {
        let says = "the connection ends without an answer, and with a header of the PROXY protocol before the request it is \
                    answered";
        return (Fault::ProxyProtocolMissing, says.to_owned());
    }
    let says = if settings.url.tls {
        format!("the connection was taken, and then {error}")
    } else {
        "the connection was taken, and ended without an answer: a hop that passes bytes on has nobody behind it, or this port \
         speaks TLS (wss://)"
            .to_owned()
    };
    (Fault::NoBackend, says)
}

/// Whether it is so. A 400 is no answer: whoever expects no such header takes it for a bad request, and may have been silent
/// before for another reason.
fn answers_to_proxy_header(settings: &Settings) -> bool {
    let deadline = Instant::now() + settings.timeout;
    let ask = || -> Result<(), Error> {
        let mut connection = dial(settings, deadline)?;
        connection.write(PROXY_HEADER, Part::Head, deadline)?;
        handshake::open(&mut connection, &settings.url, &settings.offer, deadline).map(drop)
    };
    match ask() {
        Ok(()) | Err(Error::Handshake { .. }) => true,
        Err(Error::Refused(refusal)) => refusal.head.status != 400,
        Err(_) => false,
    }
}

fn is_empty(refusal: &Refusal) -> bool {
    refusal.body.is_empty() && refusal.cut.is_none()
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::head::lines;

    const SENT: &str = "GET /ws HTTP/1.1\nHost: a\nUpgrade: websocket\nConnection: Upgrade";

    #[test]
    fn what_is_lost_has_one_name() {
        for (arrived, fault, says) in [
            (
                "GET /ws HTTP/1.0\nHost: a\nConnection: close",
                Fault::Http10,
                "without Upgrade and with Connection: close",
            ),
            ("GET /ws HTTP/1.0\nUpgrade: websocket\nConnection: upgrade", Fault::Http10, "no upgrade, with"),
            ("GET /ws HTTP/1.1\nHost: a", Fault::NoUpgrade, "without Upgrade and without Connection"),
            ("GET /ws HTTP/1.1\nUpgrade: websocket\nConnection: close", Fault::NoUpgrade, "but with Connection: close"),
            ("GET /ws HTTP/1.1\nConnection: upgrade", Fault::NoUpgrade, "without Upgrade and with"),
        ] {
            let (found, said) = lost_upgrade(&lines(SENT), &lines(arrived)).expect(arrived);
            assert!(found == fault && said.contains(says), "{arrived}: {found:?} {said}");
        }
        for arrived in [SENT.to_owned(), SENT.to_lowercase().replace("http/1.1", "HTTP/1.1")] {
            assert_eq!(lost_upgrade(&lines(SENT), &lines(&arrived)), None, "{arrived}");
        }
        let own = "GET /ws HTTP/1.1\nHost: a";
        assert_eq!(lost_upgrade(&lines(own), &lines(own)), None, "the user took it away");
    }
}
