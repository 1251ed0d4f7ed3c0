//! One request and its answer, over a connection that may have carried others before.
//!
//! Each step has a deadline and can be taken up again after it: what has come is kept.

use super::error::Error;
use super::ledger::Part;
use super::response::{self, Body, Head, Parsed};
use super::socket::Connection;
use super::url::Url;
use std::time::Instant;

/// The longest body that is taken whole.
const MAX_BODY: usize = 64 << 20;

/// A request that is not written yet.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET`, `POST`.
    pub method: &'a str,
    /// What stands behind the method: path and query.
    pub target: String,
    /// Header fields besides Host, User-Agent and Accept.
    pub fields: Vec<(&'a str, String)>,
    /// The content; `None` for a request that has none.
    pub body: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// A `GET` without more.
    pub fn get(target: String) -> Request<'a> {
        Request { method: "GET", target, fields: Vec::new(), body: None }
    }

    /// Its head. Host, User-Agent and Accept are what curl sends too: few fields, so that what an answer costs is not
    /// hidden behind what a browser adds.
    pub fn head(&self, url: &Url) -> Vec<u8> {
        let Request { method, target, fields, body } = self;
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ws101/{}\r\nAccept: */*\r\n",
            url.authority,
            env!("CARGO_PKG_VERSION")
        );
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// A request that was written, and as much of its answer as has come.
#[derive(Debug, Default)]
pub struct Exchange {
    head: Option<(Head, Body)>,
    data: Vec<u8>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// Its content, without the framing of chunks.
    pub body: Vec<u8>,
    /// Whether the connection may be asked again.
    pub keeps_alive: bool,
}

impl Exchange {
    /// Writes a request, head and body at once.
    pub fn start(
        connection: &mut Connection,
        url: &Url,
        request: &Request<'_>,
        deadline: Instant,
    ) -> Result<Exchange, Error> {
        connection.next_is(Part::Head);
        connection.write_message(&request.head(url), request.body.unwrap_or_default(), deadline)?;
        Ok(Exchange::default())
    }

    /// Waits for the head. Interim answers (100 Continue and its like) are passed over.
    pub fn head(&mut self, connection: &mut Connection, deadline: Instant) -> Result<&Head, Error> {
        while self.head.is_none() {
            let (head, _) = read_head(connection, deadline)?;
            if head.status >= 200 || head.status == 101 {
                let body = head.body().map_err(Error::Malformed)?;
                connection.next_is(Part::Body);
                self.head = Some((head, body));
            }
        }
        match &self.head {
            Some((head, _)) => Ok(head),
            None => Err(Error::Ended), // the loop ends with a head
        }
    }

    /// Appends to `data` more of the body, once the head is there: what has come, or what one read brings. `true`: that
    /// was all.
    pub fn more(&mut self, connection: &mut Connection, data: &mut Vec<u8>, deadline: Instant) -> Result<bool, Error> {
        self.head(connection, deadline)?;
        let Some((_, body)) = &mut self.head else { return Err(Error::Ended) };
        if connection.unread().is_empty() && !body.is_done() && connection.read(deadline)? == 0 {
            return if body.ends_with_connection() { Ok(true) } else { Err(Error::Ended) };
        }
        let used = body.decode(connection.unread(), data).map_err(Error::Malformed)?;
        connection.take(used, Part::Body);
        Ok(body.is_done())
    }

    /// Waits for the whole answer. After a timeout it can be asked again.
    pub fn answer(&mut self, connection: &mut Connection, deadline: Instant) -> Result<Answer, Error> {
        let mut data = std::mem::take(&mut self.data);
        loop {
            match self.more(connection, &mut data, deadline) {
                Ok(true) => break,
                Ok(false) if data.len() > MAX_BODY => {
                    return Err(Error::Malformed(format!("the answer is longer than {MAX_BODY} bytes")));
                }
                Ok(false) => {}
                Err(error) => {
                    self.data = data;
                    return Err(error);
                }
            }
        }
        let Some((head, body)) = self.head.take() else { return Err(Error::Ended) };
        let keeps_alive = head.keeps_alive() && !body.ends_with_connection();
        connection.next_is(Part::Head);
        Ok(Answer { head, body: data, keeps_alive })
    }
}

/// The next head, taken from the connection, and the same as it came.
pub(super) fn read_head(connection: &mut Connection, deadline: Instant) -> Result<(Head, Vec<u8>), Error> {
    loop {
        match response::parse(connection.unread()) {
            Parsed::Complete(head, len) => {
                let raw = connection.take(len, Part::Head);
                return Ok((head, raw));
            }
            Parsed::Refused(why) => return Err(Error::Malformed(why)),
            Parsed::NeedMore if connection.read(deadline)? == 0 => return Err(Error::Ended),
            Parsed::NeedMore => {}
        }
    }
}
