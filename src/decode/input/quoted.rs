//! One string of C with escapes in it, `"\x81\x05Hello"`: a character stands for itself, in the bytes that the text has for
//! it, and `\x81`, `\201` and `\n` for one byte.

/// What may follow a backslash.
const ESCAPES: &str =
    "an escape of C is \\x81, \\201 (at most \\377), \\n, \\r, \\t, \\a, \\b, \\f, \\v, \\\\ or a quote";

/// Where in a string it stands.
#[derive(Clone, Copy, Default)]
pub enum Quoted {
    /// Between two characters.
    #[default]
    Plain,
    /// Behind a backslash.
    Escape,
    /// Behind a backslash and CR: the LF that follows belongs to it.
    LineEnd,
    /// Behind `\x` and so many digits, with this value.
    Hex(u8, u8),
    /// Behind a backslash and so many octal digits, with this value.
    Octal(u8, u8),
}

/// Whether a text has an escape in double quotes. Where none has one, what is quoted is hex, in C as in other languages.
pub fn has_escape(text: &[u8]) -> bool {
    let mut quoted = false;
    let mut at = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            // What a continued line ends with is no escape.
            (b'\\', Some(next)) if quoted && !matches!(next, b'\r' | b'\n') => return true,
            (b'"', _) => quoted = !quoted,
            _ => {}
        }
        at += 1;
    }
    false
}

impl Quoted {
    /// One byte of the text, and what of the string comes of it in `into`. `None`: the string has ended. An error says what
    /// would be right.
    pub fn step(self, byte: u8, into: &mut Vec<u8>) -> Result<Option<Quoted>, &'static str> {
        match self {
            Quoted::Plain => plain(byte, into),
            Quoted::LineEnd if byte == b'\n' => Ok(Some(Quoted::Plain)),
            Quoted::LineEnd => plain(byte, into),
            Quoted::Escape => escape(byte, into).map(Some),
            Quoted::Hex(digits, value) => match (digits, char::from(byte).to_digit(16)) {
                (0 | 1, Some(digit)) => Ok(Some(Quoted::Hex(digits + 1, value << 4 | digit as u8))),
                (_, Some(_)) => Err(
                    "a third digit behind \\x: C takes all that follow, so end the string there, as \"\\x05\" \"a\"",
                ),
                (0, None) => Err("behind \\x stand hex digits, as \\x81"),
                (_, None) => {
                    into.push(value);
                    plain(byte, into)
                }
            },
            Quoted::Octal(digits, value) => match byte {
                b'0'..=b'7' if digits < 3 && value < 32 => {
                    Ok(Some(Quoted::Octal(digits + 1, value * 8 + (byte - b'0'))))
                }
                b'0'..=b'7' if digits < 3 => Err(ESCAPES),
                _ => {
                    into.push(value);
                    plain(byte, into)
                }
            },
        }
    }
}

fn plain(byte: u8, into: &mut Vec<u8>) -> Result<Option<Quoted>, &'static str> {
    match byte {
        b'"' => return Ok(None),
        b'\\' => return Ok(Some(Quoted::Escape)),
        b'\r' | b'\n' => return Err("a line ends inside of quotes"),
        _ => into.push(byte),
    }
    Ok(Some(Quoted::Plain))
}

fn escape(byte: u8, into: &mut Vec<u8>) -> Result<Quoted, &'static str> {
    into.push(match byte {
        b'x' => return Ok(Quoted::Hex(0, 0)),
        b'0'..=b'7' => return Ok(Quoted::Octal(1, byte - b'0')),
        b'\n' => return Ok(Quoted::Plain),
        b'\r' => return Ok(Quoted::LineEnd),
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'f' => 0x0c,
        b'v' => 0x0b,
        b'\\' | b'\'' | b'"' | b'?' => byte,
        _ => return Err(ESCAPES),
    });
    Ok(Quoted::Plain)
}
