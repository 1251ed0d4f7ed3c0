//! Which proxy it is that answers, by the marks it leaves. A mark is a hint: a proxy can be told to leave none.

use crate::client::response::Head;
use crate::wire::inspected::Inspected;

/// The hop nearest to the client, as far as it shows itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// nginx, with what it says of its version.
    Nginx(String),
    /// HAProxy.
    HaProxy,
    /// Envoy, which is Istio's and Knative's data plane too.
    Envoy,
    /// Caddy.
    Caddy,
    /// Something that leaves a mark of its own, as it stands there.
    Other(String),
    /// Nothing to be seen: no proxy, one that passes bytes on, or one that leaves no marks.
    Unseen,
}

impl Hop {
    /// What the heads of an answer and of a request tell.
    pub fn guess(answer: Option<&Head>, _arrived: Option<&Inspected>) -> Hop {
        let server = answer.and_then(|head| head.value("server")).map(<[u8]>::to_ascii_lowercase);
        match server {
            Some(name) if name.starts_with(b"nginx") => Hop::Nginx(String::from_utf8_lossy(&name).into_owned()),
            Some(name) if name.starts_with(b"envoy") => Hop::Envoy,
            Some(name) if name.starts_with(b"caddy") => Hop::Caddy,
            _ => Hop::Unseen,
        }
    }

    /// Its name for a person.
    pub fn words(&self) -> &str {
        match self {
            Hop::Nginx(version) | Hop::Other(version) => version,
            Hop::HaProxy => "HAProxy",
            Hop::Envoy => "Envoy",
            Hop::Caddy => "Caddy",
            Hop::Unseen => "nothing that shows itself",
        }
    }
}
