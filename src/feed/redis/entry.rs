//! An entry of the stream, read from what Redis answers. Pure. Anybody may write to the stream, so every value is looked at.

use crate::feed::Event;
use redis::Value;

/// The highest number that an event may have: beyond 2^53, scripts here and in browsers can't count by one.
pub const HIGHEST: u64 = 1 << 53;

/// Longest mark. Ours have less than 40 bytes; a longer one is somebody else's.
const LONGEST_MARK: usize = 64;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The first half of its id.
    pub number: u64,
    /// What it says.
    pub content: Content,
    /// Its own mark. Empty: it has none.
    pub mark: String,
    /// The mark of the entry before it. Empty: there was none.
    pub prev: String,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An event.
    Event(Event),
    /// Events before this number are lost.
    Lost,
    /// Nothing that is known here, and why.
    Foreign(&'static str),
}

/// The entries in an answer to `XREAD` for one stream: `[[key, [[id, [field, value, ...]], ...]]]`. `None`: that is no
/// such answer, or one with a number beyond [`HIGHEST`].
pub fn entries(answer: &Value, longest: u64) -> Option<Vec<Entry>> {
    match answer {
        Value::Nil => Some(Vec::new()),
        Value::Array(streams) => match streams.as_slice() {
            [Value::Array(stream)] => match stream.as_slice() {
                [_, Value::Array(entries)] => entries.iter().map(|entry| read(entry, longest)).collect(),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn read(entry: &Value, longest: u64) -> Option<Entry> {
    let Value::Array(parts) = entry else { return None };
    let [Value::BulkString(id), fields] = parts.as_slice() else { return None };
    let (number, rest) = std::str::from_utf8(id).ok()?.split_once('-')?;
    let number = number.parse().ok().filter(|number| *number <= HIGHEST)?;
    // A deleted entry may be left without fields.
    let fields = if let Value::Array(fields) = fields { fields.as_slice() } else { &[] };
    let content =
        if rest == "0" { content(number, fields, longest) } else { Content::Foreign("its id does not end in -0") };
    Some(Entry { number, content, mark: mark(fields, "mark"), prev: mark(fields, "prev") })
}

fn mark(fields: &[Value], name: &str) -> String {
    let value = value(fields, name).filter(|value| value.len() <= LONGEST_MARK);
    value.map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

fn content(number: u64, fields: &[Value], longest: u64) -> Content {
    if value(fields, "lost").is_some() {
        return Content::Lost;
    }
    let Some(text) = value(fields, "text") else { return Content::Foreign("it has no field \"text\"") };
    if text.len() as u64 > longest {
        return Content::Foreign("its text is longer than --max-event");
    }
    let Ok(text) = std::str::from_utf8(text) else { return Content::Foreign("its text is not UTF-8") };
    let at = value(fields, "at").and_then(|at| std::str::from_utf8(at).ok()?.parse().ok()).unwrap_or_default();
    Content::Event(Event { id: number, at, text: text.to_owned() })
}

/// The first value of a field.
fn value<'a>(fields: &'a [Value], name: &str) -> Option<&'a [u8]> {
    fields.chunks_exact(2).find_map(|pair| match pair {
        [Value::BulkString(field), Value::BulkString(value)] if field == name.as_bytes() => Some(value.as_slice()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(bytes: &[u8]) -> Value {
        Value::BulkString(bytes.to_vec())
    }

    fn answer(id: &str, fields: &[(&str, &[u8])]) -> Value {
        let fields = fields.iter().flat_map(|(name, value)| [bulk(name.as_bytes()), bulk(value)]).collect();
        let entry = Value::Array(vec![bulk(id.as_bytes()), Value::Array(fields)]);
        Value::Array(vec![Value::Array(vec![bulk(b"ws101:feed"), Value::Array(vec![entry])])])
    }

    fn one(id: &str, fields: &[(&str, &[u8])]) -> Entry {
        entries(&answer(id, fields), 10).expect("an answer").remove(0)
    }

    #[test]
    fn an_event() {
        let entry = one("42-0", &[("at", b"7"), ("text", "é".as_bytes()), ("mark", b"b"), ("prev", b"a")]);
        assert_eq!(entry.content, Content::Event(Event { id: 42, at: 7, text: "é".to_owned() }));
        assert_eq!((entry.number, entry.mark.as_str(), entry.prev.as_str()), (42, "b", "a"));
        assert_eq!(entries(&Value::Nil, 10), Some(vec![]));
    }

    #[test]
    fn what_others_may_write() {
        let foreign = |id, fields: &[(&str, &[u8])]| matches!(one(id, fields).content, Content::Foreign(_));
        assert!(foreign("42-0", &[("foo", b"bar")]) && foreign("42-0", &[]));
        assert!(foreign("42-1", &[("text", b"x")]));
        assert!(foreign("42-0", &[("text", b"\xff")]));
        assert!(foreign("42-0", &[("text", b"12345678901")]));
        assert_eq!(one("42-0", &[("lost", b"1"), ("text", b"x")]).content, Content::Lost);
        let without_time = one("42-0", &[("text", b"x"), ("at", b"noon")]);
        assert_eq!(without_time.content, Content::Event(Event { id: 42, at: 0, text: "x".to_owned() }));
    }

    #[test]
    fn what_is_no_answer() {
        for wrong in [
            Value::Okay,
            Value::Array(vec![]),
            Value::Array(vec![Value::Nil]),
            answer("x-0", &[]),
            answer("18446744073709551615-0", &[]),
        ] {
            assert_eq!(entries(&wrong, 10), None, "{wrong:?}");
        }
    }
}
