//! Where a server is: `http://host:port/prefix` or `ws://host:port/path`, with an `s` for TLS, and who asks.

use data_encoding::BASE64;
use http::Uri;
use percent_encoding::percent_decode_str;
use std::fmt;

/// What a URL looks like, for who wrote something else.
const FORM: &str = "a URL is ws://HOST:PORT/PATH or http://HOST:PORT, with an s for TLS, as ws://localhost:8080/ws";

/// A server's address, taken apart. Shown, as text or by `{:?}`, it has stars instead of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// https or wss.
    pub tls: bool,
    /// User and password, decoded; the password may be empty. Neither has control characters, and the user no colon.
    pub userinfo: Option<(String, String)>,
    /// A name or an IP address, IPv6 without its brackets.
    pub host: String,
    /// The port; when none is written 80, or 443 under TLS.
    pub port: u16,
    /// The value of the Host field: host and port as they were written, without the user.
    pub authority: String,
    /// The path, which begins with `/`.
    pub path: String,
    /// What stands behind `?`, if anything does.
    pub query: Option<String>,
}

impl Url {
    /// Takes a URL apart. The error says what would be right.
    pub fn parse(text: &str) -> Result<Url, String> {
        if !text.contains("://") {
            return Err(format!("there is no http:// or ws:// at its beginning; {FORM}"));
        }
        // s3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these
        // URIs."
        if text.contains('#') {
            return Err("a fragment (#) has no meaning here (RFC 6455 s3); a # of the path is written %23".to_owned());
        }
        let uri: Uri = text.parse().map_err(|error| format!("{error}; {FORM}"))?;
        let tls = match uri.scheme_str().map(str::to_ascii_lowercase).as_deref() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(FORM.to_owned()),
        };
        let whole = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let (user, authority) = whole.rsplit_once('@').map_or((None, whole), |(user, rest)| (Some(user), rest));
        Ok(Url {
            tls,
            userinfo: user.filter(|user| !user.is_empty()).map(userinfo).transpose()?,
            host: host(uri.host().unwrap_or_default())?,
            port: port(authority, if tls { 443 } else { 80 })?,
            authority: authority.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Host and port for a person: the port is named when the URL leaves it out, which may be the mistake.
    pub fn place(&self) -> String {
        if port(&self.authority, 0).is_ok() {
            return self.authority.clone();
        }
        format!("{}:{}, the default port", self.authority.trim_end_matches(':'), self.port)
    }

    /// The value of the field Authorization, for a URL with a user (RFC 7617 s2).
    pub fn authorization(&self) -> Option<String> {
        let (user, password) = self.userinfo.as_ref()?;
        Some(format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes())))
    }

    /// Path and query, as they stand in a request.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// A path below that of the URL, for a server that a proxy has put under a prefix: `/feed` of `http://a/x/` is
    /// `/x/feed`.
    pub fn below(&self, path: &str) -> String {
        format!("{}{path}", self.path.trim_end_matches('/'))
    }
}

fn host(written: &str) -> Result<String, String> {
    let host = written.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() {
        return Err(FORM.to_owned());
    }
    if host.contains('%') {
        return Err("an address with a zone (%) cannot be connected to here: use one without, or a name".to_owned());
    }
    Ok(host.to_owned())
}

/// Uri gives no port for "host:" and for one that is no number; the first is allowed (RFC 3986 s3.2.3).
fn port(authority: &str, default: u16) -> Result<u16, String> {
    let port = match authority.rsplit_once(':').filter(|(_, port)| !port.is_empty() && !port.contains(']')) {
        Some((_, port)) => port.parse().map_err(|_| format!("a port is 1 to 65535, not {port}"))?,
        None => default,
    };
    if port == 0 { Err("port 0 is for listening".to_owned()) } else { Ok(port) }
}

/// What is wrong is said without repeating it: it may be a password.
fn userinfo(text: &str) -> Result<(String, String), String> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned());
    let (Ok(user), Ok(password)) = (decoded(user), decoded(password)) else {
        return Err("user and password of the URL are not UTF-8".to_owned());
    };
    if user.chars().chain(password.chars()).any(char::is_control) {
        return Err("user and password of the URL have control characters (RFC 7617 s2 forbids them)".to_owned());
    }
    if user.contains(':') {
        return Err("a user's name has no colon (RFC 7617 s2): the password begins there".to_owned());
    }
    Ok((user, password))
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, target) = (if self.tls { "wss" } else { "ws" }, self.target());
        match &self.userinfo {
            Some(_) => write!(out, "{scheme}://****@{}{target}", self.authority),
            None => write!(out, "{scheme}://{}{target}", self.authority),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Url({self})")
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
            ("localhost:8080", "http://"),
            ("/feed", "http://"),
            ("", "http://"),
            ("ftp://example.org", "http://"),
            ("http://", "http://"),
            ("http://a b", "http://"),
            ("ws://a/ws#top", "s3"),
            ("ws://a%0Ab:c@a", "control"),
            ("ws://a:%7f@a", "control"),
            ("ws://a%3Ab:c@a", "colon"),
            ("ws://%ff:c@a", "UTF-8"),
            ("http://a:99999", "65535"),
            ("http://a:0", "listening"),
        ] {
            let error = Url::parse(text).expect_err(text);
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn an_s_means_tls_and_another_port() {
        for (text, tls, port) in
            [("wss://a", true, 443), ("https://a:80/", true, 80), ("WSS://[::1]/", true, 443), ("ws://a", false, 80)]
        {
            let url = Url::parse(text).expect(text);
            assert_eq!((url.tls, url.port), (tls, port), "{text}");
        }
    }

    #[test]
    fn a_user_is_decoded_and_no_part_of_the_host() {
        for (text, user, password) in [
            ("ws://me:secret@a:9/ws", "me", "secret"),
            ("ws://me@a:9/ws", "me", ""),
            ("ws://m%40e:s%3a:%C3%A9@a:9/ws", "m@e", "s::é"),
        ] {
            let url = Url::parse(text).expect(text);
            assert_eq!(url.userinfo, Some((user.to_owned(), password.to_owned())), "{text}");
            assert_eq!((url.authority.as_str(), url.host.as_str(), url.port), ("a:9", "a", 9), "{text}");
        }
        let nobody = Url::parse("ws://@a").expect("a URL");
        assert_eq!((nobody.authorization(), nobody.userinfo), (None, None));
        // RFC 7617 s2 has this one.
        let aladdin = Url::parse("http://Aladdin:open%20sesame@a").expect("a URL");
        assert_eq!(aladdin.authorization().as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }

    #[test]
    fn no_password_is_shown() {
        let url = Url::parse("wss://me:secret@a/ws?b").expect("a URL");
        assert_eq!((url.to_string().as_str(), url.target().as_str()), ("wss://****@a/ws?b", "/ws?b"));
        assert!(!format!("{url:?}").contains("secret"));
        assert!(!Url::parse("ws://me:sec%0aret@a").expect_err("a line break").contains("ret@"));
    }
}
