//! Where a server is: `http://host:port/prefix` or `ws://host:port/path`.

use http::Uri;

/// A server's address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// A name or an IP address, IPv6 without its brackets.
    pub host: String,
    /// The port, 80 when none is written.
    pub port: u16,
    /// The value of the Host field: host and port as they were written.
    pub authority: String,
    /// The path, which begins with `/`.
    pub path: String,
    /// What stands behind `?`, if anything does.
    pub query: Option<String>,
}

impl Url {
    /// Takes a URL apart. The error says what would be right.
    pub fn parse(text: &str) -> Result<Url, String> {
        const FORM: &str = "a URL is http://HOST:PORT or ws://HOST:PORT, as http://localhost:8080";
        if !text.contains("://") {
            return Err(format!("no http:// or ws:// before it; {FORM}"));
        }
        let uri: Uri = text.parse().map_err(|error| format!("{error}; {FORM}"))?;
        match uri.scheme_str() {
            Some("http" | "ws") => {}
            Some("https" | "wss") => {
                return Err("no TLS yet: http:// and ws:// work, https:// and wss:// do not".to_owned());
            }
            _ => return Err(FORM.to_owned()),
        }
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        if authority.contains('@') {
            return Err("a user's name or password in the URL is not sent".to_owned());
        }
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(FORM.to_owned());
        }
        if host.contains('%') {
            return Err("an address with a zone (%) cannot be connected to here: use one without, or a name".to_owned());
        }
        // Uri gives no port for "host:" and for one that is no number; the first is allowed (RFC 3986 s3.2.3).
        let port = match authority.rsplit_once(':').filter(|(_, port)| !port.is_empty() && !port.contains(']')) {
            Some((_, port)) => port.parse().map_err(|_| format!("a port is 1 to 65535, not {port}"))?,
            None => 80,
        };
        if port == 0 {
            return Err("port 0 is for listening".to_owned());
        }
        Ok(Url {
            host: host.to_owned(),
            port,
            authority: authority.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// A path below that of the URL, for a server that a proxy has put under a prefix: `/feed` of `http://a/x/` is
    /// `/x/feed`.
    pub fn below(&self, path: &str) -> String {
        format!("{}{path}", self.path.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (text, host, port, authority, path) in [
            ("http://localhost:8080", "localhost", 8080, "localhost:8080", "/"),
            ("ws://example.org/ws", "example.org", 80, "example.org", "/ws"),
            ("http://[::1]:9000/a/", "::1", 9000, "[::1]:9000", "/a/"),
            ("ws://[::1]", "::1", 80, "[::1]", "/"),
            ("HTTP://127.0.0.1:/", "127.0.0.1", 80, "127.0.0.1:", "/"),
        ] {
            let url = Url::parse(text).expect(text);
            let found = (url.host.as_str(), url.port, url.authority.as_str(), url.path.as_str());
            assert_eq!(found, (host, port, authority, path), "{text}");
        }
        assert_eq!(Url::parse("ws://a/ws?ping=off").expect("a URL").query.as_deref(), Some("ping=off"));
    }

    #[test]
    fn a_prefix_is_kept() {
        for (text, target) in [("http://a", "/feed"), ("http://a/", "/feed"), ("http://a/x/y/", "/x/y/feed")] {
            assert_eq!(Url::parse(text).expect(text).below("/feed"), target);
        }
    }

    #[test]
    fn what_cannot_be_reached_is_refused_with_a_hint() {
        for (text, hint) in [
            ("https://example.org", "TLS"),
            ("wss://example.org/ws", "TLS"),
            ("localhost:8080", "http://"),
            ("/feed", "http://"),
            ("", "http://"),
            ("ftp://example.org", "http://"),
            ("http://", "http://"),
            ("http://a b", "http://"),
            ("http://user:secret@a", "password"),
            ("http://a:99999", "65535"),
            ("http://a:0", "listening"),
        ] {
            let error = Url::parse(text).expect_err(text);
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
