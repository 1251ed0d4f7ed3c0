//! The first handshake: what was sent, how it arrived, what came back. All sections build on it.

use super::diff::{Row, diff};
use super::hop::{Hop, Marks};
use super::link::{Link, READABLE, dial, with_query};
use super::settings::Settings;
use crate::client::handshake::{self, Opened};
use crate::client::socket::Connection;
use crate::client::{Error, WebSocket};
use crate::wire::inspected::Inspected;
use crate::wire::lines;
use crate::wire::secrets::starred;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a server that granted a WebSocket may take to say how it arrived. Another server says nothing.
const FIRST_MESSAGE: Duration = Duration::from_secs(2);

/// What the first handshake has shown.
#[derive(Debug)]
pub struct Look {
    /// The address that was connected to.
    pub address: SocketAddr,
    /// This end's address.
    pub local: SocketAddr,
    /// TLS's version and cipher, if there is TLS.
    pub tls: Option<String>,
    /// The request as it was sent, a line each, escaped and starred as [`Inspected::request_as_it_arrived`] is.
    pub sent: Vec<String>,
    /// What came back: the head of a 101, or why there is none.
    pub opened: Result<Opened, Error>,
    /// Whether any byte came back.
    pub answered: bool,
    /// How it arrived, if the server is a ws101.
    pub inspected: Option<Inspected>,
    /// The two side by side; empty when it is not known how it arrived.
    pub rows: Vec<Row>,
    /// The hop nearest to the client.
    pub hop: Hop,
}

impl Look {
    /// Whether there is a WebSocket to look at.
    pub fn is_open(&self) -> bool {
        self.opened.is_ok()
    }

    /// Whether the server tells what it sees.
    pub fn is_ws101(&self) -> bool {
        self.inspected.is_some()
    }
}

/// Opens the first WebSocket and asks how its request arrived. The error says why there was no connection at all: a name
/// that nobody knows, a port that nobody listens on, a certificate that is not trusted.
pub fn look(settings: &Settings) -> Result<Look, Error> {
    let deadline = Instant::now() + settings.timeout;
    let mut connection = dial(settings, deadline)?;
    let (address, local, tls) = (connection.peer(), connection.local(), connection.tls_facts());
    let url = with_query(&settings.url, &["inspect=1"]);
    let mut offer = settings.offer.clone();
    // A refusal of a ws101 then has the request as it arrived in a form that is easy to read.
    if !offer.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        offer.fields.push(("Accept".to_owned(), "application/json".to_owned()));
    }
    let asked = offer.request(&url).map_err(Error::Malformed)?;
    let sent = lines::escape_lines(&starred(&asked.encode()));
    let sent: Vec<String> = sent.into_iter().filter(|line| !line.is_empty()).collect();
    let opened = handshake::open_asked(&mut connection, &asked, deadline);
    let answered = !matches!(opened, Err(Error::Malformed(_) | Error::TimedOut)) || !connection.unread().is_empty();
    let inspected = match &opened {
        Ok(opened) => first_message(connection, opened),
        Err(Error::Refused(refusal)) => Inspected::parse(&refusal.body),
        Err(_) => None,
    };
    let rows = inspected.as_ref().map_or(Vec::new(), |told| diff(&sent, &told.request_as_it_arrived));
    let (answer, body) = match &opened {
        Ok(opened) => (Some(&opened.head), &[][..]),
        Err(Error::Refused(refusal)) => (Some(&refusal.head), refusal.body.as_slice()),
        Err(Error::Handshake { head, .. }) => (Some(&**head), &[][..]),
        Err(_) => (None, &[][..]),
    };
    let hop = Hop::guess(&Marks { answer, body, arrived: inspected.as_ref(), rows: &rows, local });
    Ok(Look { address, local, tls, sent, opened, answered, inspected, rows, hop })
}

/// A ws101 says at once how the request arrived.
fn first_message(connection: Connection, opened: &Opened) -> Option<Inspected> {
    let websocket = WebSocket::after_handshake(READABLE);
    let mut link = Link { connection, websocket, opened: opened.clone() };
    let deadline = Instant::now() + FIRST_MESSAGE;
    let told = link.inspected(deadline);
    link.leave();
    told
}
