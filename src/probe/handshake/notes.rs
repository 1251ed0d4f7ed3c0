//! What is worth knowing of what hops did, and is not wrong.

use crate::client::Error;
use crate::client::response::Head;
use crate::probe::diff::{Change, Row};
use crate::probe::head;
use crate::probe::look::Look;
use crate::probe::{Hop, Section};
use crate::wire::escape;
use crate::wire::inspected::Inspected;
use crate::wire::secrets::starred_value;
use std::net::IpAddr;

/// What hops write into a request, and what it is for.
const WRITTEN: [(&str, &str); 8] = [
    ("via", "the hops that it came through (RFC 9110 s7.6.3)"),
    ("forwarded", "who connected to the hop, and how (RFC 7239)"),
    ("x-forwarded-for", "who connected to the hop; what stands before the last element may be forged"),
    ("x-forwarded-host", "the Host that the client sent"),
    ("x-forwarded-proto", "whether the client came over http or https"),
    ("x-real-ip", "who connected to the hop"),
    ("x-request-id", "a number to find the request again in the logs"),
    ("x-envoy-", "Envoy's own"),
];

/// The fields that a ws101 sends with a 101.
const OWN: [&str; 7] = [
    "upgrade",
    "connection",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "x-served-by",
    "date",
];

/// The longest value that is repeated.
const MAX: usize = 60;

/// What was done to the request.
pub fn of_request(look: &Look, section: &mut Section) {
    let Some(told) = &look.inspected else { return unseen(look, section) };
    lower_case(look, section);
    look.rows.iter().filter_map(written).for_each(|note| section.note(note));
    if let Some((sent, arrived)) = targets(&look.rows) {
        section.note(format!("a hop asked for {arrived} and not for {sent}"));
    }
    if let Some(host) = look.rows.iter().find(|row| row.name() == "host" && row.change == Change::Changed) {
        let arrived = host.arrived.as_ref().map_or("", String::as_str);
        section.note(format!("the server sees {}: not the name that the client used", cut(arrived)));
    }
    if let Some(header) = &told.proxy_protocol {
        section.note(format!("a header of the PROXY protocol came before the request: {}", cut(header)));
    }
    section.note(who(told, look));
}

/// A server that tells nothing.
fn unseen(look: &Look, section: &mut Section) {
    if look.opened.is_ok() {
        section.note(
            "how the request arrived can't be seen: only a ws101 tells it. A server that grants an upgrade which arrived \
             without Upgrade would hide that it was lost",
        );
    }
}

fn lower_case(look: &Look, section: &mut Section) {
    let lowered = look.rows.iter().filter(|row| row.change == Change::Recased || is_lowered(row)).count();
    if lowered > 0 {
        section.note(format!(
            "{lowered} names arrived in other letters: names have no case (RFC 9110 s5.1). HAProxy in mode http and Envoy \
             write them in lower case, Caddy as Sec-Websocket-Key"
        ));
    }
}

fn is_lowered(row: &Row) -> bool {
    let name =
        |line: &Option<String>| line.as_ref().and_then(|line| line.split_once(':')).map(|(name, _)| name.to_owned());
    row.change == Change::Changed && row.sent.is_some() && name(&row.sent) != name(&row.arrived)
}

fn written(row: &Row) -> Option<String> {
    let name = row.name();
    let (_, what) =
        WRITTEN.iter().find(|(known, _)| name == *known || known.ends_with('-') && name.starts_with(known))?;
    let line = row.arrived.as_ref().filter(|_| matches!(row.change, Change::Added | Change::Changed))?;
    Some(format!("a hop wrote {}: {what}", cut(line)))
}

/// The targets, as sent and as arrived, when a hop asks for another one.
fn targets(rows: &[Row]) -> Option<(String, String)> {
    let row = rows.first()?;
    let target = |line: &Option<String>| line.as_deref().and_then(|line| line.split(' ').nth(1)).map(cut);
    let (sent, arrived) = (target(&row.sent)?, target(&row.arrived)?);
    (sent != arrived).then_some((sent, arrived))
}

/// Whom the server takes for the client, and whether that is so.
fn who(told: &Inspected, look: &Look) -> String {
    let (client, peer) = (address(&told.client), address(&told.peer));
    let shown = cut(&told.client);
    if look.hop == Hop::Nothing {
        format!("the server takes {shown} for the client, which is this end")
    } else if client.is_some() && client == peer && peer == Some(look.local.ip()) {
        format!(
            "the server takes {shown} for the client: that is the last hop, and this end too, as both are on one machine"
        )
    } else if client.is_some() && client == peer {
        format!(
            "the server takes {shown} for the client: that is the last hop. A server behind a proxy must be told to look at \
             what the proxy says (ws101 serve --behind-proxy or --proxy-protocol)"
        )
    } else if client == Some(look.local.ip()) {
        format!("the server takes {shown} for the client: right, as the last hop told it")
    } else {
        format!(
            "the server takes {shown} for the client; this end calls itself {}: between them is a NAT, or another proxy",
            look.local.ip()
        )
    }
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

/// What was done to the answer.
pub fn of_answer(look: &Look, section: &mut Section) {
    let answer = match &look.opened {
        Ok(opened) => &opened.head,
        Err(Error::Refused(refusal)) => &refusal.head,
        Err(_) => return,
    };
    let (capitals, names) = head::capitals(answer.fields().map(|(name, _)| name));
    if look.is_ws101() && capitals == 0 && names > 0 {
        section.note("the names in the answer came in lower case; the server wrote them with capitals");
    }
    if look.opened.is_ok() {
        extra(answer, look.is_ws101(), section);
    }
    if answer.value("set-cookie").is_some() {
        section.note(
            "a Set-Cookie came with the answer: a load balancer can use it to bring a client back to the same server",
        );
    }
}

/// Fields that the server did not send, or that hops like to send.
fn extra(answer: &Head, is_ws101: bool, section: &mut Section) {
    let is_extra = |name: &str| match is_ws101 {
        true => !OWN.contains(&name),
        false => ["via", "server"].contains(&name),
    };
    // A cookie is told by a note of its own.
    let fields = answer.fields().filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    let fields = fields.filter(|(name, _)| is_extra(&name.to_ascii_lowercase()));
    let lines: Vec<String> = fields.map(|(name, value)| field(name, value)).collect();
    if !lines.is_empty() {
        let by = if is_ws101 { "added on the way back" } else { "the 101 has" };
        section.saw(format!("{by}: {}", lines.join("; ")));
    }
    if let Some(name) = answer.value("x-served-by").filter(|_| !is_ws101) {
        section.saw(format!("answered by {}", field("X-Served-By", name)));
    }
}

fn field(name: &str, value: &[u8]) -> String {
    cut(&format!("{}: {}", escape::text(name.as_bytes()), escape::text(&starred_value(name, value))))
}

fn cut(text: &str) -> String {
    let part: String = text.chars().take(MAX).collect();
    if part.len() < text.len() { format!("{part}…") } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::diff::diff;
    use crate::probe::head::lines;

    #[test]
    fn what_hops_write_is_explained() {
        let sent = lines("GET / HTTP/1.1\nX-Forwarded-For: 203.0.113.9");
        let arrived = lines(
            "GET / HTTP/1.1\nX-Forwarded-For: 203.0.113.9, 127.0.0.1\nvia: 1.1 x\nX-Envoy-Internal: true\nX-Other: 1",
        );
        let told: Vec<String> = diff(&sent, &arrived).iter().filter_map(written).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("a hop wrote X-Forwarded-For: 203.0.113.9, 127.0.0.1: who connected"), "{told:?}");
        assert!(diff(&sent, &sent).iter().filter_map(written).next().is_none());
    }

    #[test]
    fn an_address_is_read_with_and_without_its_port() {
        for (text, ip) in [("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "::1"), ("::1", "::1"), ("10.0.0.1", "10.0.0.1")]
        {
            assert_eq!(address(text), ip.parse().ok(), "{text}");
        }
        assert_eq!(address("unknown"), None);
    }
}
