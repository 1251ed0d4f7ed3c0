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
    request.list("accept").any(|range| media_type(range).eq_ignore_ascii_case(b"text/html"))
}

/// `text/html` of `text/html;q=0.9` (RFC 9110 s12.5.1).
fn media_type(range: &[u8]) -> &[u8] {
    range.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::close::meaning;
    use crate::protocol::head::Field;

    #[test]
    fn a_page_is_for_who_names_its_type() {
        for (accept, wanted) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("application/json, Text/HTML ;q=0.9", true),
            ("*/*", false),
            ("text/*", false),
            ("text/html-fragment", false),
            ("", false),
        ] {
            let fields = vec![Field { name: "Accept", value: accept.as_bytes() }];
            let request = Request { method: "GET", target: "/", minor_version: 1, fields };
            assert_eq!(is_wanted(&request), wanted, "{accept}");
        }
    }

    /// As a string of the script: in double quotes if there is an apostrophe in it.
    fn quoted(words: &str) -> String {
        let quote = if words.contains('\'') { '"' } else { '\'' };
        format!("{quote}{words}{quote}")
    }

    /// The page and the log call a close code the same.
    #[test]
    fn close_codes_have_the_words_of_the_log() {
        let table =
            SCRIPT.split("const CODES = {").nth(1).and_then(|rest| rest.split("\n};").next()).expect("the table");
        for code in 1000..=1015 {
            let line = format!("\n  {code}: [{}, '", quoted(meaning(code)));
            assert_eq!(table.matches(&line).count(), 1, "{line}");
        }
        assert_eq!(table.matches(": [").count(), 16, "codes in the table");
        // Codes below each of these, down to the one before, are called the same.
        for (bound, first) in [(1000, 0), (3000, 1016), (4000, 3000), (5000, 4000)] {
            assert_eq!(meaning(first), meaning(bound - 1));
            let line = format!("if (code < {bound}) return [{}, '", quoted(meaning(first)));
            assert_eq!(SCRIPT.matches(&line).count(), 1, "{line}");
        }
        assert!(SCRIPT.contains(&format!("\n  return [{}, '", quoted(meaning(5000)))));
    }

    /// All that the page is made of is served from here, so that it works in a room without the Internet. Its links to the
    /// RFC load nothing until somebody follows one, and then it does not tell where it came from.
    #[test]
    fn nothing_comes_from_elsewhere() {
        const SVG: &str = "http://www.w3.org/2000/svg"; // a name, which nobody asks for
        const LINK: &str =
            r#"<a href="https://www.rfc-editor.org/rfc/rfc6455" target="_blank" rel="noreferrer">RFC 6455</a>"#;
        const RFC: &str = "const RFC = 'https://www.rfc-editor.org/rfc/rfc6455';";
        const SECTION: &str =
            "element('a', { href: `${RFC}#section-${section}`, target: '_blank', rel: 'noreferrer' }, words)";
        let script = SCRIPT.replacen(RFC, "", 1).replacen(SECTION, "", 1);
        assert!(!script.contains("RFC}") && !script.contains("(RFC,"), "only the link uses the address");
        for file in [&DOCUMENT.replacen(LINK, "", 1), STYLE, &script] {
            let file = file.replace(SVG, "");
            for address in ["http://", "https://", "=\"//", "='//", "url(", "@import", "import "] {
                assert!(!file.contains(address), "{address}");
            }
        }
    }

    /// What comes from outside becomes text. The policy forbids scripts and styles in the document, so it has none.
    #[test]
    fn nothing_is_read_as_code() {
        let makers = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment"];
        for maker in makers.into_iter().chain(["srcdoc", "eval(", "Function(", "'style'", "javascript:"]) {
            assert!(!SCRIPT.contains(maker), "{maker}");
        }
        let document = DOCUMENT.to_ascii_lowercase();
        let attributes = document.split_ascii_whitespace().filter(|word| word.contains('='));
        for attribute in attributes {
            assert!(!attribute.starts_with("on") && !attribute.starts_with("style="), "{attribute}");
        }
        assert!(!document.contains("<style") && document.matches("<script").count() == 1);
        assert!(document.contains("<script src=\"app.js\" type=\"module\"></script>"));
    }
}
