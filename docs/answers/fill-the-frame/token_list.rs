//! 8. Token lists: what `Connection`, `Upgrade` and `Sec-WebSocket-Protocol` hold.
//!
//! Goal: find out whether a request asks for an upgrade, however it writes that, and choose a subprotocol.
//! Read: chapter 07, "Every field, and why"; RFC 6455 s4.2.1 and s4.2.2; RFC 9110 s5.1, s5.3 and s5.6.1.
//! Test: `cargo test token_list`
//! Time: 20 minutes. There are hints at the end of this file.

/// The elements of all fields with this name, in their order, without blanks around them and without empty ones.
///
/// A field is a name and a value, as `("Connection", "keep-alive, Upgrade")`. Names of fields have no case.
pub fn elements<'a>(fields: &[(&'a str, &'a str)], name: &str) -> Vec<&'a str> {
    // RFC 9110 s5.1: "Field names are case-insensitive".
    let named = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
    // RFC 9110 s5.3: fields of the same name are one list, in their order.
    let parts = named.flat_map(|(_, value)| value.split(','));
    // RFC 9110 s5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements".
    parts.map(|part| part.trim_matches([' ', '\t'])).filter(|part| !part.is_empty()).collect()
}

/// Whether one of these elements is `token`. Case does not matter, as in `Connection` and `Upgrade`.
pub fn has_token(fields: &[(&str, &str)], name: &str, token: &str) -> bool {
    // RFC 6455 s4.2.1: "includes the token "Upgrade", treated as an ASCII case-insensitive value". A part of a token is none.
    elements(fields, name).iter().any(|element| element.eq_ignore_ascii_case(token))
}

/// The subprotocol for this connection: the first one in the client's `Sec-WebSocket-Protocol` that is among those the
/// server speaks, or none. Case matters here.
pub fn choose<'a>(fields: &[(&'a str, &'a str)], spoken: &[&str]) -> Option<&'a str> {
    // RFC 6455 s4.2.2: "selecting one of the values from the |Sec-WebSocket-Protocol| field that the server is willing to
    // use for this connection (if any)". s4.2.1: they are "ordered by preference".
    elements(fields, "Sec-WebSocket-Protocol").into_iter().find(|offered| spoken.contains(offered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn asks(fields: &[(&str, &str)], expected: bool, why: &str) {
        let came = has_token(fields, "Connection", "Upgrade");
        assert_eq!(came, expected, "is Upgrade in Connection? {why}; the fields are {fields:?}");
    }

    #[test]
    fn a_list_is_taken_apart() {
        let fields = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket")];
        let came = elements(&fields, "Connection");
        assert_eq!(
            came,
            ["keep-alive", "Upgrade"],
            "RFC 9110 s5.6.1: commas, and blanks around them that do not count"
        );
        assert_eq!(elements(&fields, "Origin"), [""; 0], "there is no such field");
    }

    #[test]
    fn blanks_and_empty_elements_are_left_out() {
        let came = elements(&[("Connection", " , keep-alive ,,\tUpgrade\t,")], "Connection");
        assert_eq!(
            came,
            ["keep-alive", "Upgrade"],
            "RFC 9110 s5.6.1.2: empty elements are ignored; a tab is a blank too"
        );
    }

    #[test]
    fn several_fields_are_one_list() {
        let fields = [("Connection", "keep-alive"), ("Host", "localhost"), ("connection", "Upgrade, TE")];
        let came = elements(&fields, "Connection");
        assert_eq!(
            came,
            ["keep-alive", "Upgrade", "TE"],
            "RFC 9110 s5.3: a list may be spread over several fields, in order"
        );
    }

    #[test]
    fn upgrade_is_found_however_it_is_written() {
        asks(&[("Connection", "Upgrade")], true, "it is the only element");
        asks(&[("Connection", "keep-alive, Upgrade")], true, "Firefox sends it so");
        asks(&[("connection", "UPGRADE")], true, "neither name nor token has a case (RFC 9110 s5.1, RFC 6455 s4.2.1)");
        asks(&[("CONNECTION", "upgrade,keep-alive")], true, "no blank is needed behind a comma (RFC 9110 s5.6.1)");
        asks(
            &[("Connection", "keep-alive"), ("Connection", "Upgrade")],
            true,
            "it is in the second field (RFC 9110 s5.3)",
        );
    }

    #[test]
    fn what_is_no_upgrade() {
        asks(&[], false, "there is no field at all");
        asks(&[("Connection", "keep-alive")], false, "the list has another element");
        asks(&[("Connection", "")], false, "the list is empty");
        asks(&[("Connection", "upgraded")], false, "`upgraded` is another token: whole tokens are compared");
        asks(&[("Connection", "no-upgrade, close")], false, "`no-upgrade` is another token: whole tokens are compared");
        asks(&[("Connection", "keep-alive Upgrade")], false, "only a comma parts elements (RFC 9110 s5.6.1)");
        asks(&[("X-Connection", "Upgrade")], false, "that is another field");
        asks(&[("Upgrade", "Upgrade")], false, "that is another field");
    }

    #[test]
    fn upgrade_names_a_protocol() {
        let is_websocket = |value| has_token(&[("Upgrade", value)], "upgrade", "websocket");
        assert!(is_websocket("WebSocket"), "`WebSocket` is websocket: the value has no case (RFC 6455 s4.2.1)");
        assert!(is_websocket("h2c, websocket"), "`h2c, websocket` has it: others may stand beside it (RFC 9110 s7.8)");
        assert!(!is_websocket("WebSockets"), "`WebSockets` is another token: whole tokens are compared");
    }

    #[track_caller]
    fn chooses(fields: &[(&str, &str)], spoken: &[&str], expected: Option<&str>, why: &str) {
        assert_eq!(choose(fields, spoken), expected, "{why}; the server speaks {spoken:?}, the fields are {fields:?}");
    }

    #[test]
    fn one_subprotocol_is_chosen() {
        let offer = [("Sec-WebSocket-Protocol", "superchat, chat")];
        chooses(&offer, &["chat"], Some("chat"), "s4.2.2: one of those that were offered, not the whole offer");
        chooses(&offer, &["chat", "superchat"], Some("superchat"), "s4.2.1: the client's order is its preference");
        let spread = [("Sec-WebSocket-Protocol", "superchat"), ("sec-websocket-protocol", "chat")];
        chooses(&spread, &["chat"], Some("chat"), "s11.3.4: the offer may be spread over several fields");
    }

    #[test]
    fn no_subprotocol_is_an_answer() {
        let offer = [("Sec-WebSocket-Protocol", "superchat, chat")];
        chooses(&offer, &["feed"], None, "s4.2.2: what was not offered is never chosen");
        chooses(&offer, &[], None, "s4.2.2: the server speaks none");
        chooses(&[], &["chat"], None, "s4.2.2: nothing was offered");
        chooses(&offer, &["super"], None, "s4.2.2: `super` is none of those that were offered");
        chooses(&offer, &["Chat"], None, "s4.2.2: `Chat` was not offered; these names are compared as they stand");
    }
}

// Hints. Read one, try, and come back for the next.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 1. Do `elements` first. The other two are a line each when it is right.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 2. Texts have what you need: `split(',')`, `trim`, `eq_ignore_ascii_case`. `contains` on a text finds `upgrade` in
//    `upgraded`, so do not use it there.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 3. `filter` keeps the fields of the name, `flat_map` makes one row of the parts of all their values, `map` trims each,
//    another `filter` drops the empty ones, and `collect` makes the `Vec`. A `for` in a `for` does the same.
