//! A second handshake that lies about where it comes from: what becomes of an X-Forwarded-For that the client wrote itself.

use crate::probe::head::values;
use crate::probe::link::Link;
use crate::probe::{Bench, Section};
use crate::wire::inspected::Inspected;
use std::time::Instant;

/// An address of documentation (RFC 5737), which is nobody's.
const FORGED: &str = "203.0.113.9";

/// Opens it and tells how the lie arrived. Only a ws101 can say.
pub fn run(bench: &Bench<'_>, section: &mut Section) {
    let given = &bench.settings.offer.fields;
    let has_own = given.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for"));
    if !bench.look.is_open() || !bench.look.is_ws101() || has_own {
        return;
    }
    let mut settings = bench.settings.clone();
    settings.offer.fields.push(("X-Forwarded-For".to_owned(), FORGED.to_owned()));
    let Ok(mut link) = Link::open(&settings, &["inspect=1"]) else {
        return section.note(format!("a second handshake, with X-Forwarded-For: {FORGED}, was not granted"));
    };
    let told = link.inspected(Instant::now() + settings.timeout);
    link.leave();
    let Some(told) = told else { return };
    section.fact("forged_x_forwarded_for", values(&told.request_as_it_arrived, "x-forwarded-for").collect::<Vec<_>>());
    section.note(says(&told));
}

fn says(told: &Inspected) -> String {
    let arrived: Vec<&str> = values(&told.request_as_it_arrived, "x-forwarded-for").collect();
    let is_forged = |value: &&str| value.split(',').any(|element| element.trim() == FORGED);
    let how = match arrived.as_slice() {
        [] => "did not arrive: a hop takes it away".to_owned(),
        [one] if *one == FORGED => {
            "arrived as it was sent: nothing on the way adds to it, so its last element is the client's word".to_owned()
        }
        [one] if is_forged(one) => format!("was added to ({one}): only the last element is the hop's word"),
        [one] => format!("was replaced ({one}): a client can't forge it here"),
        several if several.iter().any(is_forged) => format!(
            "got a line of its own behind it ({}): only the last element of the last line is the hop's word",
            several.join(" | ")
        ),
        several => format!("was replaced ({})", several.join(" | ")),
    };
    let believed =
        if told.client == FORGED { ". The server believed it: it trusts what any client may write" } else { "" };
    format!("a forged X-Forwarded-For: {FORGED} {how}{believed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::head::lines;

    fn told(fields: &str, client: &str) -> String {
        let (ws101, peer, client) = ("0".to_owned(), "127.0.0.1:1".to_owned(), client.to_owned());
        let request_as_it_arrived = lines(&format!("GET / HTTP/1.1\n{fields}"));
        says(&Inspected { ws101, name: None, peer, client, proxy_protocol: None, request_as_it_arrived })
    }

    #[test]
    fn each_way_to_treat_a_lie_has_its_sentence() {
        for (fields, says) in [
            ("", "did not arrive"),
            ("X-Forwarded-For: 203.0.113.9", "arrived as it was sent"),
            ("x-forwarded-for: 203.0.113.9, 127.0.0.1", "was added to (203.0.113.9, 127.0.0.1)"),
            ("X-Forwarded-For: 127.0.0.1", "was replaced (127.0.0.1)"),
            ("X-Forwarded-For: 203.0.113.9\nx-forwarded-for: 127.0.0.1", "a line of its own"),
        ] {
            assert!(told(fields, "127.0.0.1").contains(says), "{fields}");
        }
        assert!(told("X-Forwarded-For: 203.0.113.9", FORGED).ends_with("what any client may write"));
    }
}
