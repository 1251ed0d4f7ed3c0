//! A request that is not granted: a status, the reason in words, and the section that asks for it.

/// Why a request is refused. It becomes an answer for the peer, a line of the log and a label of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 4xx or 5xx.
    pub status: u16,
    /// The same reason as one word, for metrics: `no-upgrade`, `bad-key`.
    pub reason: &'static str,
    /// What is wrong and what to do, in a sentence or two. Safe to show: what it quotes of the request is escaped.
    pub why: String,
    /// The document and section that ask for this: `RFC 6455 s4.2.1`.
    pub section: &'static str,
    /// Header fields that the status calls for: `Allow` with 405, `Upgrade` with 426.
    pub fields: Vec<(&'static str, String)>,
    /// Whether a WebSocket was asked for, so that an example of a right opening handshake helps.
    pub show_handshake: bool,
    /// Whether a right request has a header of the PROXY protocol before it.
    pub show_proxy_header: bool,
}

impl Refusal {
    /// A refusal without extra header fields.
    pub fn new(status: u16, reason: &'static str, section: &'static str, why: impl Into<String>) -> Refusal {
        let (why, fields) = (why.into(), Vec::new());
        Refusal { status, reason, why, section, fields, show_handshake: false, show_proxy_header: false }
    }

    /// Adds a header field to the answer.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Refusal {
        self.fields.push((name, value.into()));
        self
    }

    /// Shows a right opening handshake in the answer.
    #[must_use]
    pub fn with_handshake(mut self) -> Refusal {
        self.show_handshake = true;
        self
    }

    /// Shows a header of the PROXY protocol before the right request.
    #[must_use]
    pub fn with_proxy_header(mut self) -> Refusal {
        self.show_proxy_header = true;
        self
    }
}
