//! The head of a request: a line, fields, an empty line (RFC 9112).

use super::Id;
use super::answer::Refusal;
use super::input::Input;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// The longest head.
const LONGEST: usize = 16 << 10;
/// What bounds a bug that knows no limit.
const LONGEST_WITHOUT_LIMIT: usize = 64 << 20;
/// How long it may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request, taken apart.
pub struct Request {
    pub method: String,
    pub version: String,
    pub fields: Vec<(String, String)>,
    pub bug: Id,
}

/// Waits for a head. The outer error is the connection's, the inner one the client's.
pub fn read(input: &mut Input) -> io::Result<Result<Request, Refusal>> {
    input.within(Some(PATIENCE));
    let bug = input.bug;
    let mut searched = 0_usize;
    let end = loop {
        // RFC 9112 s2.2: an empty line before the request is to be ignored.
        while bug != Id::EmptyLineFirst && input.waiting().starts_with(b"\r\n") {
            input.take(2);
            searched = 0;
        }
        // The empty line may have been cut in two.
        let from = if bug == Id::BlankLinePerPiece { searched } else { searched.saturating_sub(2) };
        if let Some(end) = end_of_head(&input.waiting()[from..]) {
            break from + end;
        }
        searched = input.waiting().len();
        let longest = if bug == Id::NoHeadLimit { LONGEST_WITHOUT_LIMIT } else { LONGEST };
        if searched > longest {
            return Ok(Err(Refusal::new("431 Request Header Fields Too Large", "the head is too long")));
        }
        input.more()?;
        if bug == Id::OneRecv && end_of_head(input.waiting()).is_none() {
            return Ok(Err(Refusal::bad("the request has no end")));
        }
    };
    if end > LONGEST && bug != Id::NoHeadLimit {
        return Ok(Err(Refusal::new("431 Request Header Fields Too Large", "the head is too long")));
    }
    let head = input.take(end);
    input.within(None);
    if bug == Id::AsciiOnly && !head.is_ascii() {
        return Ok(Err(Refusal::bad("the head is not ASCII")));
    }
    if bug == Id::NoiseStops && std::str::from_utf8(&head).is_err() {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(Request::parse(&String::from_utf8_lossy(&head), bug))
}

/// Where the empty line ends. A line may end with LF alone (RFC 9112 s2.2).
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let with_cr = bytes.windows(3).position(|three| three == b"\n\r\n").map(|at| at + 3);
    let without = bytes.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    with_cr.into_iter().chain(without).min()
}

impl Request {
    fn parse(head: &str, bug: Id) -> Result<Request, Refusal> {
        let mut lines = head.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let first = lines.next().unwrap_or_default();
        let first = if bug == Id::AnyRequestLine { "GET / HTTP/1.1" } else { first };
        let [method, target, version] = first.split(' ').collect::<Vec<_>>()[..] else {
            return Err(Refusal::bad("the request line has not three parts"));
        };
        if !is_token(method) || !is_version(version) {
            return Err(Refusal::bad("the request line is not one of HTTP"));
        }
        if bug == Id::AbsoluteFormRefused && !target.starts_with('/') {
            return Err(Refusal::bad("the target has to be a path"));
        }
        let mut request = Request { method: method.to_owned(), version: version.to_owned(), fields: Vec::new(), bug };
        for line in lines.take_while(|line| !line.is_empty()) {
            if bug == Id::LineWithoutColon && !line.contains(':') {
                continue;
            }
            request.fields.push(field(line, bug)?);
        }
        Ok(request)
    }

    /// The values of a field, one for each line that has it. A name is compared without case (RFC 9110 s5.1).
    pub fn values(&self, name: &str) -> Vec<&str> {
        let is_it = |given: &str| match self.bug {
            Id::CaseSensitiveFieldNames => given == name,
            _ => given.eq_ignore_ascii_case(name),
        };
        let fields =
            self.fields.iter().enumerate().filter(|(at, (given, _))| is_it(given) && self.may_be_at(*at, name));
        fields.map(|(_, (_, value))| value.as_str()).collect()
    }

    /// RFC 6455 s4.2.1: a field may stand in any line.
    fn may_be_at(&self, line: usize, name: &str) -> bool {
        const ORDER: [&str; 5] = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"];
        let usual = ORDER.iter().position(|known| *known == name);
        self.bug != Id::FieldsInOrder || usual.is_none_or(|usual| usual == line)
    }

    /// The elements of a list, which may stand in several lines (RFC 9110 s5.3).
    pub fn list(&self, name: &str) -> Vec<&str> {
        let mut lines = self.values(name);
        if self.bug == Id::FirstFieldOnly {
            lines.truncate(1);
        }
        let elements = lines.into_iter().flat_map(|line| match self.bug {
            Id::SplitsAtCommaBlank => line.split(", ").collect::<Vec<_>>(),
            _ => line.split(',').collect(),
        });
        let trimmed = elements.map(|element| match self.bug {
            Id::BlanksStay => element.strip_prefix(' ').unwrap_or(element),
            _ => element.trim_matches([' ', '\t']),
        });
        trimmed.filter(|element| !element.is_empty()).collect()
    }
}

fn field(line: &str, bug: Id) -> Result<(String, String), Refusal> {
    let end = if bug == Id::SplitsAtColonBlank { ": " } else { ":" };
    let Some((name, value)) = line.split_once(end) else { return Err(Refusal::bad("a field has no colon")) };
    // RFC 9112 s5.1: no blank before the colon; s5.2: none before the name.
    let name = if bug == Id::BlankBeforeColon { name.trim_end() } else { name };
    if !is_token(name) {
        return Err(Refusal::bad("the name of a field is no token"));
    }
    // RFC 9110 s5.5: these would be taken for the end of a line by somebody else.
    if bug != Id::ControlInValue && value.contains(['\r', '\0']) {
        return Err(Refusal::bad("a field has a control character"));
    }
    if bug == Id::ColonInValue && value.contains(": ") {
        return Err(Refusal::bad("a field has more than two parts"));
    }
    let value = match bug {
        Id::KeyNotTrimmed | Id::BlanksStay => value.strip_prefix(' ').unwrap_or(value), // one blank, and no more
        _ => value.trim_matches([' ', '\t']),
    };
    Ok((name.to_owned(), value.to_owned()))
}

/// RFC 9110 s5.6.2
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_version(text: &str) -> bool {
    matches!(text.as_bytes(), [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}
