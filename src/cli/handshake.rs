//! The options of whoever opens a WebSocket: what the handshake says, and to whom.

use super::values::{origin, token};
use crate::client::handshake::Offer;
use crate::client::tls::Trust;
use clap::Args;

/// Options of the opening handshake, of every one that is made.
#[derive(Debug, Clone, Args)]
pub struct Handshake {
    /// Header field of the opening handshake; repeatable. 'Name:' leaves a field out
    // Read in `offer`: clap repeats what it cannot read, and a token may stand in it.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub header: Vec<String>,

    /// Page that the handshake claims to come from, as https://example.org
    #[arg(long, value_parser = origin)]
    pub origin: Option<String>,

    /// Subprotocol to offer, the best first; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = token)]
    pub protocol: Vec<String>,

    /// Accept any certificate
    #[arg(short = 'k', long)]
    pub insecure: bool,
}

impl Handshake {
    /// What is asked for. The error says which option cannot be read, and what would be right.
    pub fn offer(&self) -> Result<Offer, String> {
        let fields = self.header.iter().map(|field| Offer::field(field));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(|error| format!("--header: {error}"))?;
        let offer = Offer { origin: self.origin.clone(), protocols: self.protocol.clone(), fields };
        offer.check()?;
        Ok(offer)
    }

    /// Which certificates are accepted.
    pub fn trust(&self) -> Trust {
        Trust { insecure: self.insecure, ..Trust::default() }
    }
}
