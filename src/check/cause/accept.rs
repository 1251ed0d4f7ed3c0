//! What was hashed instead of the key and the GUID, or how the hash was written.

use crate::protocol::upgrade::GUID;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, HEXLOWER};
use sha1::{Digest, Sha1};

/// As many bytes of the GUID as are written alike in base64, whatever stands behind it: a multiple of three.
const GUID_IN_BASE64: usize = 36;

/// Why the value of Sec-WebSocket-Accept is not the right one for this key.
pub fn of_accept(key: &str, came: &[u8]) -> Option<String> {
    if came.starts_with(b"b'") && came.ends_with(b"'") {
        return Some("this is how Python prints bytes, b'...': decode() them before they go into a string".to_owned());
    }
    if came.starts_with(BASE64.encode(&GUID.as_bytes()[..GUID_IN_BASE64]).as_bytes()) {
        let words = "the GUID itself stands before the hash: in Go h.Sum(b) appends the hash to b; use sha1.Sum([]byte(key + GUID))";
        return Some(words.to_owned());
    }
    let slips = hashed_wrong(key).into_iter().map(|(text, words)| (BASE64.encode(&Sha1::digest(text)), words));
    let known = slips.chain(written_wrong(key)).find(|(slip, _)| slip.as_bytes() == came).map(|(_, words)| words);
    known.or_else(|| of_size(came)).map(str::to_owned)
}

/// What shows in the number of its bytes alone.
fn of_size(came: &[u8]) -> Option<&'static str> {
    let words = match BASE64.decode(came).ok()?.len() {
        16 => "these are 16 bytes, as of MD5: the hash is SHA-1, which has 20",
        32 => "these are 32 bytes, as of SHA-256: the hash is SHA-1, which has 20",
        20 => {
            "the form is right, so another text was hashed: it is the key as it came and the GUID; compare that letter by \
             letter with 258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        }
        _ => return None,
    };
    Some(words)
}

/// What else may have been hashed than the key and the GUID behind it.
fn hashed_wrong(key: &str) -> Vec<(Vec<u8>, &'static str)> {
    let decoded = decoded(key);
    let (lower, small_guid) = (key.to_lowercase(), GUID.to_lowercase());
    let (bare, blank, again) = (key.trim_end_matches('='), key.replace('+', " "), BASE64.encode(&decoded));
    let texts = [
        (key.to_owned(), "this is the hash of the key alone: append 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 to it first"),
        (GUID.to_owned(), "this is the hash of the GUID alone: the key was not found in the request"),
        (format!("{GUID}{key}"), "the GUID was put before the key: it comes behind it"),
        (format!("{key}{small_guid}"), "the GUID was hashed in small letters: it is text, and has capitals"),
        (format!("{lower}{GUID}"), "the key was made lower case before it was hashed: do that to names of fields only"),
        (
            format!("{bare}{GUID}"),
            "the == at the end of the key was cut off before it was hashed: it belongs to the key",
        ),
        (
            format!("{blank}{GUID}"),
            "a + in the key was read as a blank, as in a form: a field's value is taken as it is",
        ),
        (
            format!("{again}{GUID}"),
            "the key was decoded and encoded again before it was hashed: hash the text that came",
        ),
        (format!("{key}\r{GUID}"), "a CR was hashed with the key: lines end with CR LF, not with LF alone"),
        (format!("{key}\r\n{GUID}"), "the end of the line was hashed with the key: cut CR LF off"),
        (format!(" {key}{GUID}"), BLANKS),
        (format!("  {key}{GUID}"), BLANKS),
        (format!("{key} {GUID}"), BLANKS),
        (format!("{key}  {GUID}"), BLANKS),
        (format!("  {key}  {GUID}"), BLANKS),
    ];
    let mut slips: Vec<(Vec<u8>, &str)> = texts.into_iter().map(|(text, words)| (text.into_bytes(), words)).collect();
    let words = "the key was decoded before it was hashed: hash it as the text that came";
    slips.push(([&decoded, GUID.as_bytes()].concat(), words));
    slips
}

/// How else the right hash, or none, may have been written.
fn written_wrong(key: &str) -> Vec<(String, &'static str)> {
    let right = Sha1::digest(format!("{key}{GUID}"));
    let hex = HEXLOWER.encode(&right);
    let from = right.iter().take_while(|byte| **byte == 0).count();
    let hex_in_base64 = "this is the base64 of the hash's hexadecimal digits: it has to be that of its 20 bytes";
    let short = "the zeros at the beginning of the hash are lost: it is 20 bytes, and no number";
    let unpadded = "the padding is missing: 20 bytes are 28 characters of base64, and the last one is =";
    let sample = "this is the answer of the RFC's example: it has to be computed from the key that came";
    vec![
        (hex.to_uppercase(), HEX),
        (BASE64.encode(hex.as_bytes()), hex_in_base64),
        (hex, HEX),
        (BASE64.encode(&right[from..]), short),
        (BASE64_NOPAD.encode(&right), unpadded),
        (BASE64URL.encode(&right), "this is base64 for URLs: the alphabet of RFC 4648 s4 ends with + and /"),
        ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned(), sample),
        (key.to_owned(), "this is the key itself: it has to be hashed together with the GUID"),
    ]
}

/// A key need not have zeros in the four bits that 16 bytes leave unused (s4.1 prints one that has not).
fn decoded(key: &str) -> Vec<u8> {
    let mut lenient = BASE64.specification();
    lenient.check_trailing_bits = false;
    let decoded = lenient.encoding().ok().and_then(|lenient| lenient.decode(key.as_bytes()).ok());
    decoded.unwrap_or_default()
}

const HEX: &str = "this is the hash in hexadecimal: it has to be the base64 of its 20 bytes";

const BLANKS: &str =
    "the blanks around the key were hashed with it: they do not belong to a field's value (RFC 9110 s5.5)";

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::handshake::derive_accept_key;

    /// The key of RFC 6455 s1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    #[test]
    fn a_slip_is_known_by_what_it_makes_of_the_key() {
        // Computed by another program.
        for (came, words) in [
            ("b37a4f2cc0624f1690f64606cf385945b2bec4ea", "in hexadecimal"),
            ("hHLtf2V1k8aDQZfNjw3Ia1hCwt0=", "the key alone"),
            ("xytUlkF2rVz2XzwONMCug9nn1qA=", "blanks"),
            ("CAV2rT4szLbzEtluVJbfjB7GFPY=", "lower case"),
            ("YjM3YTRmMmNjMDYyNGYxNjkwZjY0NjA2Y2YzODU5NDViMmJlYzRlYQ==", "hexadecimal digits"),
            ("zvnId+CMmoYWpbuFiCx6kU/bpAw=", "CR"),
            ("Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=", "not found"),
            (derive_accept_key(b"the sample nonce").as_str(), "decoded"),
            ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "padding"),
            ("b's3pPLMBiTxaQ9kYGzzhZRbK+xOo='", "decode()"),
            ("t3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "letter by letter"),
            ("MjU4RUFGQTUtRTkxNC00N0RBLTk1Q0EtQzVBQjBEQzg1QjExs3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "h.Sum(b)"),
            ("AAAAAAAAAAAAAAAAAAAAAA==", "MD5"),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "SHA-256"),
        ] {
            let cause = of_accept(KEY, came.as_bytes()).unwrap_or_default();
            assert!(cause.contains(words), "{came}: {cause}");
        }
        assert_eq!(of_accept(KEY, b"something else"), None);
    }
}
