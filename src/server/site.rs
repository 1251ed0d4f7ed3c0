//! The page: three files that stand in the binary, and the fields that keep it safe.
//!
//! It shows bytes that came from outside, so nothing in it is ever read as code: the policy forbids scripts and styles
//! that stand in the document, and everything that is not served from here.

use super::route::Asset;
use crate::protocol::head::Request;
use crate::protocol::response::Response;

const DOCUMENT: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = include_str!("../page/app.js");

/// Content Security Policy 3. `'self'` is this host with http and ws alike. Nobody may put the page into a frame, where a
/// visitor would not know whose page it is.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether the client would rather have a page than text: browsers name `text/html` where they show a document, curl
/// does not.
pub fn is_wanted(request: &Request<'_>) -> bool {
    request.list("accept").any(|range| range.to_ascii_lowercase().starts_with(b"text/html"))
}

/// One of the three files.
pub fn file(asset: Asset) -> Response {
    let (kind, text) = match asset {
        Asset::Document => ("text/html; charset=utf-8", DOCUMENT),
        Asset::Style => ("text/css; charset=utf-8", STYLE),
        Asset::Script => ("text/javascript; charset=utf-8", SCRIPT),
    };
    Response::new(200, kind, text)
        .with_field("Content-Security-Policy", POLICY)
        .with_field("X-Content-Type-Options", "nosniff") // a script is run as one only if it says that it is one
        .with_field("Referrer-Policy", "no-referrer")
        .with_field("Cache-Control", "no-cache") // the server that comes next may have another page
}
