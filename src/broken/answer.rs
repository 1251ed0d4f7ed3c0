//! The answer to a request: 101, or why not (RFC 6455 s4.2).

use super::Id;
use super::head::Request;
use data_encoding::{BASE64, HEXLOWER};
use std::time::SystemTime;
use tungstenite::handshake::derive_accept_key;

/// The subprotocols it knows. Both echo.
const SUBPROTOCOLS: [&str; 2] = ["echo", "chat"];

/// An answer that is not 101.
#[derive(Debug)]
pub struct Refusal {
    status: &'static str,
    why: &'static str,
    /// Fields that belong to the status, each with its CRLF.
    fields: &'static str,
    /// HEAD asks for an answer without content.
    is_bare: bool,
}

impl Refusal {
    pub fn new(status: &'static str, why: &'static str) -> Refusal {
        Refusal { status, why, fields: "", is_bare: false }
    }

    pub fn bad(why: &'static str) -> Refusal {
        Refusal::new("400 Bad Request", why)
    }

    /// RFC 9110 s15.5.22: 426 says what to upgrade to.
    fn upgrade(why: &'static str, fields: &'static str) -> Refusal {
        Refusal { fields, ..Refusal::new("426 Upgrade Required", why) }
    }

    pub fn text(&self, bug: Id) -> String {
        let Refusal { status, why, fields, .. } = self;
        let (date, length) = (httpdate::fmt_http_date(SystemTime::now()), why.len() + 1);
        let connection = if fields.contains("Upgrade:") { "Upgrade, close" } else { "close" };
        let length = if bug == Id::WrongContentLength { length + 10 } else { length };
        let content = if self.is_bare { String::new() } else { format!("{why}\n") };
        format!(
            "HTTP/1.1 {status}\r\nDate: {date}\r\n{fields}Connection: {connection}\r\nContent-Type: text/plain\r\n\
             Content-Length: {length}\r\n\r\n{content}"
        )
    }
}

/// What the first line of a 101 and its fields are, or what is missing in the request.
pub fn accept(request: &Request, bug: Id) -> Result<String, Refusal> {
    is_http(request, bug)?;
    is_upgrade(request, bug)?;
    is_version_13(request, bug)?;
    let key = key(request, bug)?;
    // RFC 6455 s4.2.2: who does not accept an origin says so with an error, and this server accepts all.
    if bug == Id::OriginGetsAPage && !request.values("Origin").is_empty() {
        return Err(Refusal::new("200 OK", "pages of other origins may not talk to this server"));
    }
    let mut fields = Vec::new();
    if bug != Id::NoUpgradeField {
        fields.push("Upgrade: websocket".to_owned());
    }
    if bug != Id::NoConnectionField {
        fields.push("Connection: Upgrade".to_owned());
    }
    if bug != Id::NoAccept {
        fields.push(format!("Sec-WebSocket-Accept: {}", accept_key(key, bug)));
    }
    if bug == Id::AcceptTwice {
        fields.push(format!("Sec-WebSocket-Accept: {}", accept_key(key, bug)));
    }
    if bug == Id::ContentLengthIn101 {
        fields.push("Content-Length: 0".to_owned()); // RFC 9110 s8.6: never in a 1xx
    }
    if let Some(subprotocol) = subprotocol(request, bug) {
        fields.push(format!("Sec-WebSocket-Protocol: {subprotocol}"));
    }
    if bug == Id::SubprotocolTwice {
        let second =
            request.list("Sec-WebSocket-Protocol").into_iter().filter(|name| SUBPROTOCOLS.contains(name)).nth(1);
        fields.extend(second.map(|second| format!("Sec-WebSocket-Protocol: {second}")));
    }
    if let Some(extension) = extension(request, bug) {
        fields.push(format!("Sec-WebSocket-Extensions: {extension}"));
    }
    let status = if bug == Id::WrongStatus { "200 OK" } else { "101 Switching Protocols" };
    let line_end = if bug == Id::LfAnswer { "\n" } else { "\r\n" };
    let fields: String = fields.iter().flat_map(|field| [field, line_end]).collect();
    let end = if bug == Id::UnfinishedAnswer { "" } else { line_end };
    let version = if bug == Id::Http10Answer { "HTTP/1.0" } else { "HTTP/1.1" };
    Ok(format!("{version} {status}{line_end}{fields}{end}"))
}

/// RFC 6455 s4.2.1: a GET of HTTP/1.1 or higher, with a Host.
fn is_http(request: &Request, bug: Id) -> Result<(), Refusal> {
    let is_get = match bug {
        Id::AnyMethod => true,
        Id::OnlyPostRefused => request.method != "POST",
        Id::MethodWithoutCase => request.method.eq_ignore_ascii_case("GET"),
        _ => request.method == "GET",
    };
    if !is_get {
        let fields = if bug == Id::NoAllow { "" } else { "Allow: GET\r\n" };
        let is_bare = request.method == "HEAD";
        return Err(Refusal {
            fields,
            is_bare,
            ..Refusal::new("405 Method Not Allowed", "only GET opens a WebSocket")
        });
    }
    match request.version.as_str() {
        "HTTP/1.0" if bug == Id::Http10 => {}
        "HTTP/1.0" => return Err(Refusal::bad("a WebSocket is opened with HTTP/1.1")),
        version if version.starts_with("HTTP/1.") => {}
        _ => return Err(Refusal::new("505 HTTP Version Not Supported", "only HTTP/1.1 is spoken here")),
    }
    // RFC 9112 s3.2
    if request.values("Host").len() != 1 && bug != Id::NoHost {
        return Err(Refusal::bad("there must be one Host"));
    }
    Ok(())
}

/// Both fields name the upgrade, each in a list, each without case.
fn is_upgrade(request: &Request, bug: Id) -> Result<(), Refusal> {
    let has = |name, wanted: &str| request.list(name).iter().any(|token| token.eq_ignore_ascii_case(wanted));
    let connection = match bug {
        Id::ExactConnectionToken => request.values("Connection") == ["Upgrade"],
        Id::CaseSensitiveConnection => request.list("Connection").contains(&"Upgrade"),
        Id::SubstringTokens => request.list("Connection").iter().any(|token| token.to_lowercase().contains("upgrade")),
        Id::IgnoresConnection | Id::UpgradesEverything => true,
        _ => has("Connection", "upgrade"),
    };
    let upgrade = match bug {
        Id::CaseSensitiveUpgrade => request.list("Upgrade").contains(&"websocket"),
        Id::AnyUpgrade => !request.values("Upgrade").is_empty(),
        Id::UpgradesEverything => true,
        _ => has("Upgrade", "websocket"),
    };
    if connection && upgrade {
        return Ok(());
    }
    Err(Refusal::upgrade("this is a WebSocket server", "Upgrade: websocket\r\n"))
}

/// RFC 6455 s4.4: another version is told which one is known.
fn is_version_13(request: &Request, bug: Id) -> Result<(), Refusal> {
    let versions = request.values("Sec-WebSocket-Version");
    let is_13 = match bug {
        Id::AnyVersion | Id::UpgradesEverything => true,
        Id::VersionPrefix => matches!(versions[..], [version] if version.starts_with("13")),
        Id::MissingVersionAccepted => versions.iter().all(|version| *version == "13"),
        _ => versions == ["13"],
    };
    if is_13 {
        return Ok(());
    }
    let fields = match bug {
        Id::RefusesWithoutVersion => "Upgrade: websocket\r\n",
        _ => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    };
    Err(Refusal::upgrade("the version must be 13", fields))
}

/// RFC 6455 s4.2.1: one key, 16 bytes in base64. They need not be decoded to see that.
fn key(request: &Request, bug: Id) -> Result<&str, Refusal> {
    let keys = request.values("Sec-WebSocket-Key");
    let is_key = |key: &str| {
        let digits = key.strip_suffix("==").unwrap_or_default();
        digits.len() == 22 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
    };
    match keys[..] {
        [] if matches!(bug, Id::MissingKeyAccepted | Id::UpgradesEverything) => Ok(""),
        [first, _, ..] if bug == Id::TwoKeysAccepted => Ok(first),
        [key] if is_key(key) || matches!(bug, Id::AnyKey | Id::KeyNotTrimmed) => Ok(key),
        _ => Err(Refusal::bad("there must be one Sec-WebSocket-Key of 16 bytes")),
    }
}

/// RFC 6455 s4.2.2: the key as it came and a fixed text behind it, their SHA-1, in base64.
fn accept_key(key: &str, bug: Id) -> String {
    let accept = |key: &[u8]| derive_accept_key(key);
    let decoded = |text: &str| BASE64.decode(text.as_bytes()).unwrap_or_default();
    match bug {
        Id::HexAccept => HEXLOWER.encode(&decoded(&accept(key.as_bytes()))),
        Id::AcceptAfterDecode => accept(&decoded(key)),
        Id::AcceptConstant => "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned(), // the one of RFC 6455 s1.3
        Id::AcceptIsKey => key.to_owned(),
        Id::AcceptAsPythonBytes => format!("b'{}'", accept(key.as_bytes())),
        Id::AcceptUnpadded => accept(key.as_bytes()).trim_end_matches('=').to_owned(),
        Id::AcceptAsNumber => {
            let hash = decoded(&accept(key.as_bytes()));
            BASE64.encode(&hash[hash.iter().take_while(|byte| **byte == 0).count()..])
        }
        Id::PlusAsBlank => accept(key.replace('+', " ").as_bytes()),
        Id::KeyReencoded => accept(reencoded(key).as_bytes()),
        Id::KeyLowercased => accept(key.to_lowercase().as_bytes()),
        _ => accept(key.as_bytes()),
    }
}

/// The bits that 16 bytes leave unused of the last character come out as zeros.
fn reencoded(key: &str) -> String {
    let mut lenient = BASE64.specification();
    lenient.check_trailing_bits = false;
    let bytes = lenient.encoding().ok().and_then(|lenient| lenient.decode(key.as_bytes()).ok());
    BASE64.encode(&bytes.unwrap_or_default())
}

/// RFC 6455 s4.2.2: one of those that are offered, or none.
fn subprotocol(request: &Request, bug: Id) -> Option<String> {
    let offer = request.list("Sec-WebSocket-Protocol");
    let known = offer.iter().find(|name| SUBPROTOCOLS.contains(name)).map(|name| (*name).to_owned());
    match bug {
        Id::WholeOfferEchoed => (!offer.is_empty()).then(|| offer.join(", ")),
        Id::UnofferedSubprotocol => Some("echo".to_owned()),
        Id::SubprotocolCase => offer.first().map(|first| first.to_uppercase()),
        Id::DefaultSubprotocol if !offer.is_empty() => known.or_else(|| Some("echo".to_owned())),
        Id::EmptySubprotocol if !offer.is_empty() => Some(known.unwrap_or_default()),
        _ => known,
    }
}

/// RFC 6455 s9.1: an extension in the answer is a promise, and this server knows none.
fn extension(request: &Request, bug: Id) -> Option<String> {
    let offer = request.values("Sec-WebSocket-Extensions").join(", ");
    match bug {
        Id::ExtensionEchoed => offer.split(',').next().filter(|first| !first.is_empty()).map(str::to_owned),
        Id::ExtensionUnoffered => Some("permessage-deflate".to_owned()),
        Id::ExtensionInQuotes if offer.contains("permessage-deflate") => Some("permessage-deflate".to_owned()),
        _ => None,
    }
}
