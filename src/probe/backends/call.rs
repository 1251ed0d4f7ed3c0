//! One WebSocket or one request, and who answered it.

use super::super::Bench;
use super::super::ask::{Asked, beside, cookies, served_by, short_name, status};
use super::super::link::Link;
use super::super::look::Look;
use super::super::settings::Settings;
use crate::client::Error;
use crate::client::response::Head;
use crate::wire::escape;
use std::io;
use std::time::{Duration, Instant};

/// How long a server may take to say how a handshake arrived.
const TELLING: Duration = Duration::from_secs(2);

/// How often a cookie is tried.
const TRIES: usize = 10;

/// What the system says when it has no more descriptors (POSIX: ENFILE, EMFILE; Windows: WSAEMFILE).
const TOO_MANY_FILES: [i32; 3] = [23, 24, 10024];

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who answered, or why nobody did.
    pub outcome: Outcome,
    /// The cookies that came with the answer, as they are sent back.
    pub cookies: Vec<String>,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A server, and its name if it has one.
    Answered(Option<String>),
    /// No WebSocket was granted, by a server or by a hop. Why.
    Refused(String),
    /// There was nobody to answer. Why.
    Failed(String),
    /// It could not be made at all: this machine has no port or no descriptor left. What the system says.
    Unmade(String),
}

impl Call {
    /// Whether nobody answered.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    /// Why it did not succeed.
    pub fn why(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Refused(why) | Outcome::Failed(why) | Outcome::Unmade(why) => Some(why),
        }
    }

    /// The name of the server.
    pub fn name(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Answered(name) => name.as_deref(),
            Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Unmade(_) => None,
        }
    }

    /// One for which this machine had nothing left.
    pub fn unmade(error: &io::Error) -> Call {
        Call { outcome: Outcome::Unmade(error.to_string()), cookies: Vec::new() }
    }

    fn failed(error: &Error) -> Call {
        let outcome = match is_of_this_machine(error) {
            true => Outcome::Unmade(error.to_string()),
            false => Outcome::Failed(error.to_string()),
        };
        Call { outcome, cookies: Vec::new() }
    }
}

/// A cookie of a hop, tried.
#[derive(Debug)]
pub struct Cookie {
    /// Its name; several when several were set.
    pub names: Vec<String>,
    /// Who had answered when it was set.
    pub server: String,
    /// Whether that server answered each time when it was sent back. `None`: it does without the cookie, too.
    pub holds: Option<bool>,
}

impl Cookie {
    /// What was found.
    pub fn words(&self) -> String {
        let Cookie { names, server, holds } = self;
        let holds = match holds {
            Some(true) => "each time",
            Some(false) => "not each time",
            None => "each time; so do requests without it",
        };
        format!(
            "the cookie {} of an answer of {server}, sent back {TRIES} times, led to {server} {holds}",
            names.join(", ")
        )
    }
}

/// Makes the calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whether it is worth while to wait for a server that tells its name in the first message.
    asks: bool,
}

impl Caller {
    /// One that knows what the first handshake has shown.
    pub fn new(look: &Look) -> Caller {
        Caller { asks: look.is_ws101() || !look.is_open() }
    }

    /// Opens a WebSocket.
    pub fn socket(&mut self, settings: &Settings) -> (Call, Option<Link>) {
        match Link::open(settings, if self.asks { &["inspect=1"] } else { &[] }) {
            Ok(mut link) => {
                let (name, cookies) = (self.name(&mut link), cookies(&link.opened.head));
                (Call { outcome: Outcome::Answered(name), cookies }, Some(link))
            }
            Err(Error::Refused(refusal)) => (refused(&refusal.head), None),
            Err(error @ (Error::Handshake { .. } | Error::NotHttp { .. })) => {
                let outcome = Outcome::Refused(error.with_stars().to_string());
                (Call { outcome, cookies: Vec::new() }, None)
            }
            Err(error) => (Call::failed(&error), None),
        }
    }

    fn name(&mut self, link: &mut Link) -> Option<String> {
        let told = if self.asks { link.inspected(Instant::now() + TELLING) } else { None };
        self.asks &= told.is_some();
        let name = told.and_then(|told| told.name).map(|name| short_name(&name));
        served_by(&link.opened.head).or(name)
    }

    /// Makes a plain request. Any answer but that of a hop without a server counts.
    pub fn request(&self, settings: &Settings, cookie: Option<&str>) -> Call {
        let url = beside(&settings.url, "/healthz", "");
        let asked = Asked::start(settings, &url, cookie, None);
        match asked.and_then(|asked| asked.answer(settings.timeout)) {
            Ok(answer) if is_of_a_hop(&answer.head) => refused(&answer.head),
            Ok(answer) => Call { outcome: Outcome::Answered(served_by(&answer.head)), cookies: cookies(&answer.head) },
            Err(error) => Call::failed(&error),
        }
    }

    /// Sends the cookies of the first call that has some back, and sees who answers. `requests` were made without.
    pub fn sticky(&self, bench: &mut Bench<'_>, sockets: &[Call], requests: &[Call]) -> Option<Cookie> {
        let with_cookies =
            sockets.iter().chain(requests).find(|call| !call.cookies.is_empty() && call.name().is_some())?;
        let server = with_cookies.name()?.to_owned();
        let cookie = with_cookies.cookies.join("; ");
        let name = |pair: &String| pair.split('=').next().map(|name| short_name(&escape::text(name.as_bytes())));
        let names = with_cookies.cookies.iter().filter_map(name).collect();
        bench.progress(None, "the same cookie again");
        let mut tries = (0..TRIES).map(|_| self.request(bench.settings, Some(&cookie)));
        let holds = tries.all(|call| call.name() == Some(server.as_str()));
        let is_so_without = requests.iter().filter_map(Call::name).all(|name| name == server);
        Some(Cookie { names, server, holds: (!holds || !is_so_without).then_some(holds) })
    }
}

/// 502, 503 and 504 are said by a hop that has nobody to ask, and by a server that takes no more.
fn is_of_a_hop(head: &Head) -> bool {
    matches!(head.status, 502..=504)
}

/// Whether it is this machine that can't connect any more.
fn is_of_this_machine(error: &Error) -> bool {
    let is_full = |error: &io::Error| {
        error.kind() == io::ErrorKind::AddrNotAvailable
            || error.raw_os_error().is_some_and(|number| TOO_MANY_FILES.contains(&number))
    };
    match error {
        Error::Connect { tried, .. } => !tried.is_empty() && tried.iter().all(|(_, error)| is_full(error)),
        Error::Unknown { error, .. } => is_full(error),
        _ => false,
    }
}

fn refused(head: &Head) -> Call {
    let by = served_by(head).map_or(String::new(), |name| format!(", said by {name}"));
    let why = status(head) + &by;
    let outcome = if is_of_a_hop(head) { Outcome::Failed(why) } else { Outcome::Refused(why) };
    Call { outcome, cookies: cookies(head) }
}
