//! A frame in words: `fin=0 op=text mask=37fa213d Hello` becomes a [`Handmade`] frame, legal or not. The parts are shared
//! by the `/frame` of `ws101 connect` and by the options of `ws101 encode`.

use crate::protocol::frame::Handmade;
use crate::protocol::header::LengthForm;
use crate::protocol::opcode::Opcode;
use crate::wire::{escape, hex};
use std::num::NonZeroUsize;

/// How the masking key of a frame is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// No mask.
    None,
    /// A key that nobody can foresee, as a client needs one for each frame (RFC 6455 s5.3).
    Random,
    /// This key.
    Key([u8; 4]),
}

const KEYS: &str = "fin, rsv, op, mask, len, form, code, hex";

/// Reads what stands behind `/frame`: `key=value` words, then text to the end of the line. The payload is what `code=`,
/// `hex=` and the text give, in this order.
/// `default_mask` is asked for a key when no `mask=` is there, or `mask=random`. An error says what would be right.
pub fn parse(line: &str, default_mask: impl FnOnce() -> [u8; 4]) -> Result<Handmade, String> {
    let mut frame = Handmade::new(Opcode::Text, Vec::new());
    let (mut mask, mut code, mut bytes) = (Mask::Random, None, Vec::new());
    let mut rest = line.trim_start();
    while let Some((key, value)) = next_word(rest) {
        let wrong = |error: String| format!("{key}={}: {error}", escape::text(value.as_bytes()));
        match key {
            "fin" => frame.fin = fin(value).map_err(wrong)?,
            "rsv" => frame.rsv = rsv(value).map_err(wrong)?,
            "op" => frame.opcode = opcode(value).map_err(wrong)?,
            "mask" => mask = self::mask(value).map_err(wrong)?,
            "len" => frame.length = Some(length(value).map_err(wrong)?),
            "form" => frame.form = Some(form(value).map_err(wrong)?),
            "code" => code = Some(close_code(value).map_err(wrong)?),
            "hex" => bytes = hex::parse(value).map_err(wrong)?,
            _ => return Err(format!("`{key}=` is no part of a frame: {KEYS}; text with a = stands behind `--`")),
        }
        rest = rest[key.len() + 1 + value.len()..].trim_start();
    }
    let text = rest.strip_prefix("-- ").unwrap_or(rest);
    let text = if text == "--" { "" } else { text };
    frame.payload = payload(code, &[&bytes, text.as_bytes()].concat());
    frame.mask = match mask {
        Mask::None => None,
        Mask::Key(key) => Some(key),
        Mask::Random => Some(default_mask()),
    };
    fits(&frame)?;
    Ok(frame)
}

/// `key=value` at the start, if the key could be one: letters only. Anything else is text.
fn next_word(rest: &str) -> Option<(&str, &str)> {
    let word = rest.split_whitespace().next().filter(|_| !rest.starts_with(char::is_whitespace))?;
    word.split_once('=').filter(|(key, _)| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// A close code before the rest of a payload (s5.5.1).
pub fn payload(code: Option<u16>, rest: &[u8]) -> Vec<u8> {
    let mut payload = code.map_or(Vec::new(), |code| code.to_be_bytes().to_vec());
    payload.extend_from_slice(rest);
    payload
}

/// `0` or `1`.
pub fn fin(text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err("FIN is a bit: 1 for the last frame of a message, 0 when more follow".to_owned()),
    }
}

/// `0` to `7`; RSV1 is worth 4.
pub fn rsv(text: &str) -> Result<u8, String> {
    let hint = "RSV is three bits: 0 to 7, where RSV1 is 4, RSV2 is 2 and RSV3 is 1";
    text.parse().ok().filter(|bits| *bits <= 7).ok_or_else(|| hint.to_owned())
}

/// A name as `ping`, a number from 0 to 15, `0x0` to `0xf`, or a single hex digit.
pub fn opcode(text: &str) -> Result<Opcode, String> {
    let named = (0..16)
        .map(Opcode::decode)
        .find(|opcode| !matches!(opcode, Opcode::Reserved(_)) && opcode.name().eq_ignore_ascii_case(text));
    if let Some(opcode) = named {
        return Ok(opcode);
    }
    let digits = text.strip_prefix("0x");
    let is_number = digits.unwrap_or(text).bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = match digits {
        Some(digits) => u8::from_str_radix(digits, 16),
        None if text.len() == 1 => u8::from_str_radix(text, 16),
        None => text.parse(),
    };
    let bits = number.ok().filter(|bits| is_number && *bits <= 15);
    let hint = "an opcode is text, binary, continuation, close, ping, pong, or a number from 0 to 15, as 11 or 0xb";
    bits.map(Opcode::decode).ok_or_else(|| hint.to_owned())
}

/// Eight hex digits, `none` or `random`.
pub fn mask(text: &str) -> Result<Mask, String> {
    match text {
        "none" => return Ok(Mask::None),
        "random" => return Ok(Mask::Random),
        _ => {}
    }
    let key = hex::parse(text).ok().and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    key.map(Mask::Key)
        .ok_or_else(|| "a masking key is four bytes in hex, as 37fa213d, or `none`, or `random`".to_owned())
}

/// The length to announce.
pub fn length(text: &str) -> Result<u64, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| format!("a length is a number of bytes from 0 to {}", u64::MAX))
}

/// How many bytes a fragment may have: 1 or more.
pub fn fragment(text: &str) -> Result<NonZeroUsize, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let hint = || format!("a fragment has 1 byte or more: a number from 1 to {}", usize::MAX);
    text.parse().ok().filter(|_| is_number).ok_or_else(hint)
}

/// `7`, `16` or `64`: how many bits the length is written with.
pub fn form(text: &str) -> Result<LengthForm, String> {
    match text {
        "7" => Ok(LengthForm::Short),
        "16" => Ok(LengthForm::Extended16),
        "64" => Ok(LengthForm::Extended64),
        _ => Err("a length is written with 7, 16 or 64 bits".to_owned()),
    }
}

/// Any number that two bytes can hold: whether it may travel is for the other end to say.
pub fn close_code(text: &str) -> Result<u16, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| "a close code is a number from 0 to 65535, as 1000".to_owned())
}

/// Whether the length fits the form it is to be written in. `126` and `127` in seven bits would say something else.
pub fn fits(frame: &Handmade) -> Result<(), String> {
    let length = frame.header().length;
    let (most, bits) = match frame.header().form {
        LengthForm::Short => (125, 7),
        LengthForm::Extended16 => (0xffff, 16),
        LengthForm::Extended64 => return Ok(()),
    };
    if length <= most {
        return Ok(());
    }
    Err(format!(
        "a length of {length} does not fit in {bits} bits, which hold at most {most} here: leave the form out, or \
                 announce another length"
    ))
}

/// The frames of a message that is cut into parts of at most `size` bytes: the first has its opcode and its RSV bits, the
/// others are continuations (s5.4), and the last has its FIN. An empty payload is one frame.
pub fn fragments(whole: Handmade, size: Option<NonZeroUsize>) -> impl Iterator<Item = Handmade> + Clone {
    let size = size.map_or(whole.payload.len().max(1), NonZeroUsize::get);
    let count = whole.payload.len().div_ceil(size).max(1);
    (0..count).map(move |number| {
        let rest = &whole.payload[number * size..];
        let is_last = number + 1 == count;
        Handmade {
            fin: is_last && whole.fin,
            rsv: if number == 0 { whole.rsv } else { 0 },
            opcode: if number == 0 { whole.opcode } else { Opcode::Continuation },
            payload: rest[..rest.len().min(size)].to_vec(),
            ..whole
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [1, 2, 3, 4];

    fn parsed(line: &str) -> Result<Handmade, String> {
        parse(line, || KEY)
    }

    #[test]
    fn words_become_a_frame() {
        let text = |payload: &str| Handmade { mask: Some(KEY), ..Handmade::new(Opcode::Text, payload.into()) };
        assert_eq!(parsed(""), Ok(text("")));
        assert_eq!(parsed("Hello  you "), Ok(text("Hello  you ")));
        assert_eq!(parsed("mask=none Hello"), Ok(Handmade { mask: None, ..text("Hello") }));
        assert_eq!(parsed("-- fin=0"), Ok(text("fin=0")));
        assert_eq!(parsed("2+2=4 is text"), Ok(text("2+2=4 is text")));
        let whole = "fin=0 rsv=4 op=0xb mask=37fa213d len=9 form=16 code=1000 hex=0aff";
        let frame = Handmade {
            fin: false,
            rsv: 4,
            opcode: Opcode::Reserved(0xb),
            mask: Some([0x37, 0xfa, 0x21, 0x3d]),
            length: Some(9),
            form: Some(LengthForm::Extended16),
            payload: vec![0x03, 0xe8, 0x0a, 0xff],
        };
        assert_eq!(parsed(whole), Ok(frame));
        assert_eq!(
            parsed("op=close code=1001 mask=none bye").map(|frame| frame.encode()),
            Ok(b"\x88\x05\x03\xe9bye".to_vec())
        );
        assert_eq!(parsed("mask=none hex=e282 ac").map(|frame| frame.payload), Ok(b"\xe2\x82ac".to_vec()));
        assert_eq!(parsed("len=18446744073709551615").map(|frame| frame.header().length), Ok(u64::MAX));
    }

    #[test]
    fn an_opcode_has_a_name_or_a_number() {
        for (text, bits) in
            [("ping", 9), ("PONG", 10), ("close", 8), ("continuation", 0), ("0xb", 11), ("b", 11), ("11", 11)]
        {
            assert_eq!(opcode(text).map(Opcode::encode), Ok(bits), "{text}");
        }
        for wrong in ["16", "0x10", "reserved", "+1", "", "-1", "0x", "pin"] {
            assert!(opcode(wrong).is_err_and(|error| error.contains("as 11 or 0xb")), "{wrong}");
        }
    }

    #[test]
    fn a_message_is_cut_into_fragments() {
        let whole = Handmade { rsv: 4, mask: Some(KEY), ..Handmade::new(Opcode::Text, b"Hello".to_vec()) };
        let parts = |size| fragments(whole.clone(), NonZeroUsize::new(size)).collect::<Vec<_>>();
        let first = Handmade { fin: false, payload: b"Hel".to_vec(), ..whole.clone() };
        let last = Handmade { rsv: 0, opcode: Opcode::Continuation, payload: b"lo".to_vec(), ..whole.clone() };
        assert_eq!(parts(3), [first, last]);
        assert_eq!(parts(5), std::slice::from_ref(&whole));
        assert_eq!(parts(0), std::slice::from_ref(&whole), "not cut");
        assert_eq!(parts(1).iter().map(|frame| frame.fin).collect::<Vec<_>>(), [false, false, false, false, true]);
        let empty = Handmade { payload: Vec::new(), ..whole.clone() };
        assert_eq!(fragments(empty.clone(), NonZeroUsize::new(3)).collect::<Vec<_>>(), [empty]);
        let open = Handmade { fin: false, ..whole.clone() };
        assert!(fragments(open, NonZeroUsize::new(2)).all(|frame| !frame.fin));
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (line, words) in [
            ("fin=2", "fin=2: FIN is a bit"),
            ("rsv=8", "rsv=8: RSV is three bits"),
            ("op=pin", "op=pin: an opcode is text,"),
            ("mask=37fa21", "mask=37fa21: a masking key is four bytes"),
            ("len=-1", "len=-1: a length is a number"),
            ("len=+1", "len=+1: a length is a number"),
            ("form=8", "form=8: a length is written with 7, 16 or 64 bits"),
            ("code=65536", "code=65536: a close code is a number from 0 to 65535"),
            ("hex=0af", "hex=0af: `f` is half a byte"),
            ("fim=1", "`fim=` is no part of a frame: fin, rsv,"),
            ("len=126 form=7", "a length of 126 does not fit in 7 bits"),
            ("len=65536 form=16", "a length of 65536 does not fit in 16 bits"),
            ("op=\u{1b}[2J", "op=\\u{1b}[2J: an opcode is"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.starts_with(words), "{line}: {error}");
        }
        let long = format!("form=7 {}", "a".repeat(126));
        assert!(parsed(&long).is_err_and(|error| error.starts_with("a length of 126 does not fit")));
    }
}
