//! All that can be found wrong, by name. The names stand in `--json`, in docs/probe.md and in the tests; a name that was
//! published keeps its meaning.

use super::settings::Name;

/// Something to fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The request arrived without `Upgrade`, or without `Connection: Upgrade`: the hop is no friend of WebSockets, or was not
    /// told to be one.
    NoUpgrade,
    /// It arrived as HTTP/1.0, which has no upgrade.
    Http10,
    /// A hop refused the upgrade itself: 403 with nothing in it.
    UpgradeForbidden,
    /// The server got a header of the PROXY protocol that it was not told to expect.
    ProxyProtocolUnasked,
    /// The server waits for a header of the PROXY protocol that nobody sends.
    ProxyProtocolMissing,
    /// A hop has nobody to pass the request to: 502, 503, 504, a connection that is taken and ended, or no answer in time.
    NoBackend,
    /// Another answer than 101.
    Refused,
    /// A 101 that RFC 6455 tells a client to fail.
    Bad101,
    /// A field that the server needs, or that a user asked for, did not arrive as it was sent.
    FieldLost,
    /// A silent connection is ended after a time.
    IdleLimit,
    /// Every connection is ended after a time, silent or not.
    LifetimeLimit,
    /// Events do not come when they happen.
    Buffered,
    /// A request that is held is cut off before its time.
    LongPollCut,
    /// A hop ended a stream that its server did not end.
    StreamCut,
    /// A message of a size that the server takes does not come through.
    SizeLimit,
    /// Some connections or requests of many failed.
    BackendFails,
    /// Messages of one connection were answered by different servers.
    ConnectionMoves,
    /// A Close did not cross, or came without its code and reason.
    CloseLost,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 18] = [
        Fault::NoUpgrade,
        Fault::Http10,
        Fault::UpgradeForbidden,
        Fault::ProxyProtocolUnasked,
        Fault::ProxyProtocolMissing,
        Fault::NoBackend,
        Fault::Refused,
        Fault::Bad101,
        Fault::FieldLost,
        Fault::IdleLimit,
        Fault::LifetimeLimit,
        Fault::Buffered,
        Fault::LongPollCut,
        Fault::StreamCut,
        Fault::SizeLimit,
        Fault::BackendFails,
        Fault::ConnectionMoves,
        Fault::CloseLost,
    ];

    /// Its name for a program.
    pub fn word(self) -> &'static str {
        match self {
            Fault::NoUpgrade => "no-upgrade",
            Fault::Http10 => "http-1.0",
            Fault::UpgradeForbidden => "upgrade-forbidden",
            Fault::ProxyProtocolUnasked => "proxy-protocol-unasked",
            Fault::ProxyProtocolMissing => "proxy-protocol-missing",
            Fault::NoBackend => "no-backend",
            Fault::Refused => "refused",
            Fault::Bad101 => "bad-101",
            Fault::FieldLost => "field-lost",
            Fault::IdleLimit => "idle-limit",
            Fault::LifetimeLimit => "lifetime-limit",
            Fault::Buffered => "buffered",
            Fault::LongPollCut => "long-poll-cut",
            Fault::StreamCut => "stream-cut",
            Fault::SizeLimit => "size-limit",
            Fault::BackendFails => "backend-fails",
            Fault::ConnectionMoves => "connection-moves",
            Fault::CloseLost => "close-lost",
        }
    }

    /// Where it is found.
    pub fn section(self) -> Name {
        match self {
            Fault::NoUpgrade
            | Fault::Http10
            | Fault::UpgradeForbidden
            | Fault::ProxyProtocolUnasked
            | Fault::ProxyProtocolMissing
            | Fault::NoBackend
            | Fault::Refused
            | Fault::Bad101
            | Fault::FieldLost => Name::Handshake,
            Fault::IdleLimit | Fault::LifetimeLimit => Name::Idle,
            Fault::Buffered | Fault::LongPollCut | Fault::StreamCut => Name::Stream,
            Fault::SizeLimit => Name::Size,
            Fault::BackendFails | Fault::ConnectionMoves => Name::Backends,
            Fault::CloseLost => Name::Close,
        }
    }
}
