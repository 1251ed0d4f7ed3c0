//! `ws101 healthcheck`: one GET, and its answer as an exit status, for whoever starts servers and looks after them. An image
//! that holds nothing but this program has no curl to do it with.

use crate::cli::Healthcheck;
use crate::client::response::Head;
use crate::client::{Connection, Error, Exchange, Request, Url};
use crate::wire::escape;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// The most of an answer's text that is looked at for the reason: it is in the first line.
const ENOUGH: usize = 4096;

/// Runs it. 0: the answer was 2xx; 1: it was not, or there was none; 2: wrong use.
pub fn run(options: &Healthcheck) -> ExitCode {
    match options.url() {
        Err(why) => {
            let _ = writeln!(anstream::stderr(), "error: {why}\n\nFor more information, try '--help'.");
            ExitCode::from(2)
        }
        Ok(url) => match ask(options, &url) {
            Ok(head) => {
                // Whoever asks wants the status; nobody has to read the line.
                let _ = writeln!(anstream::stdout(), "{}", escape::text(head.status_line().as_bytes()));
                ExitCode::SUCCESS
            }
            Err(error) => {
                let late = if error.is_timeout() { " (--timeout)" } else { "" };
                let _ = writeln!(anstream::stderr(), "ws101: GET {}: {error}{late}", url.path);
                ExitCode::FAILURE
            }
        },
    }
}

/// The head of a good answer. Its content is not waited for: `/feed/stream` is healthy, and never ends.
fn ask(options: &Healthcheck, url: &Url) -> Result<Head, Error> {
    let deadline = Instant::now() + options.timeout;
    let mut connection = Connection::open_with(url, &options.trust(), deadline)?;
    let authorization = url.authorization().map(|value| ("Authorization", value));
    let close = ("Connection", "close".to_owned());
    let fields = authorization.into_iter().chain([close]).collect();
    let request = Request { fields, ..Request::get(url.target()) };
    let mut exchange = Exchange::start(&mut connection, url, &request, deadline)?;
    let head = exchange.head(&mut connection, deadline)?.clone();
    if (200..300).contains(&head.status) {
        return Ok(head);
    }
    let mut body = Vec::new();
    // The answer has been heard, whatever comes of the rest.
    while body.len() < ENOUGH
        && !body.contains(&b'\n')
        && matches!(exchange.more(&mut connection, &mut body, deadline), Ok(false))
    {}
    Err(Error::status(head.status, &body))
}
