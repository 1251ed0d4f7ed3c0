//! TLS as a value, without a socket: ciphertext in, plain bytes out, and the other way round.
//!
//! A [`Layer`] stands between a socket and what speaks over it. Without TLS it hands every byte through. It keeps at most a
//! record of TLS (16 KiB) of each direction, besides what its caller gives it.

use super::error::Error;
use super::tls_words;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ProtocolVersion};
use std::io::{Read, Write};
use std::sync::Arc;

pub use super::trust::Trust;

/// Whether the other end has more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    /// It may.
    Open,
    /// It said close_notify (RFC 8446 s6.1): nothing follows, and nothing was cut off before it.
    Closed,
}

/// What lies between a TCP socket and HTTP: TLS, or nothing.
#[derive(Debug, Default)]
pub struct Layer {
    tls: Option<Box<ClientConnection>>,
    /// Ciphertext that a socket did not take.
    unsent: Vec<u8>,
    /// close_notify was said: nothing may follow it.
    finished: bool,
    /// close_notify was heard.
    ended: bool,
}

impl Layer {
    /// No TLS: bytes pass as they are.
    pub fn plain() -> Layer {
        Layer::default()
    }

    /// The client's side of TLS with `host`, a name or an IP address. A name is told to the server (SNI), an address is
    /// not, and the certificate must be for the one as for the other. What to send first is [`Layer::pending`].
    pub fn client(host: &str, trust: &Trust) -> Result<Layer, Error> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::Tls(format!("{host} is no name that a certificate can be for")))?;
        let tls = ClientConnection::new(Arc::new(trust.config()?), name).map_err(|error| tls_words::error(&error))?;
        Ok(Layer { tls: Some(Box::new(tls)), ..Layer::default() })
    }

    /// Whether there is TLS at all.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether plain bytes can pass: the handshake of TLS is over.
    pub fn is_ready(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// Whether the server has said close_notify.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes what a socket brought, and appends to `plain` what that says. It may have to be answered: see
    /// [`Layer::pending`], after an error too. Nothing can be read after an error.
    pub fn incoming(&mut self, ciphertext: &[u8], plain: &mut Vec<u8>) -> Result<LayerState, Error> {
        let Some(tls) = &mut self.tls else {
            plain.extend_from_slice(ciphertext);
            return Ok(LayerState::Open);
        };
        let (mut rest, mut state) = (ciphertext, LayerState::Open);
        loop {
            let is_ready = !tls.is_handshaking();
            // Nothing is taken once close_notify has come: what follows it is nobody's.
            let taken = tls.read_tls(&mut rest).map_err(|error| Error::Tls(error.to_string()))?;
            let processed = tls.process_new_packets();
            drain(tls, plain)?;
            if processed.map_err(|error| tls_words::during(&error, is_ready))?.peer_has_closed() {
                (state, self.ended) = (LayerState::Closed, true);
            }
            if taken == 0 || rest.is_empty() {
                return Ok(state);
            }
        }
    }

    /// Appends to `ciphertext` how `plain` is sent, and before it what [`Layer::pending`] would give. For a layer that is
    /// ready. Nothing is sent after close_notify.
    pub fn outgoing(&mut self, plain: &[u8], ciphertext: &mut Vec<u8>) {
        self.pending(ciphertext);
        let Some(tls) = &mut self.tls else {
            ciphertext.extend_from_slice(plain);
            return;
        };
        let mut rest = if self.finished { &[] } else { plain };
        while !rest.is_empty() {
            // It takes 64 KiB at a time, and memory always takes what it gives.
            let taken = tls.writer().write(rest).unwrap_or(0);
            rest = &rest[taken..];
            if !send(tls, ciphertext) && taken == 0 {
                return;
            }
        }
    }

    /// Appends to `ciphertext` that nothing follows from this side. Without TLS the socket's end says so.
    pub fn close_notify(&mut self, ciphertext: &mut Vec<u8>) {
        if let Some(tls) = self.tls.as_mut().filter(|_| !self.finished) {
            tls.send_close_notify();
        }
        self.finished = true;
        self.pending(ciphertext);
    }

    /// Appends to `ciphertext` what TLS itself has to say: its handshake, new keys, an alert.
    pub fn pending(&mut self, ciphertext: &mut Vec<u8>) {
        ciphertext.append(&mut self.unsent);
        if let Some(tls) = &mut self.tls {
            send(tls, ciphertext);
        }
    }

    /// Keeps ciphertext that a socket did not take, for the next time.
    pub(super) fn keep(&mut self, unsent: Vec<u8>) {
        self.unsent = unsent;
    }

    /// What both ends agreed on, as `TLSv1.3, AES_256_GCM_SHA384`. `None` without TLS, and before it is ready.
    pub fn facts(&self) -> Option<String> {
        let tls = self.tls.as_ref()?;
        let version = match tls.protocol_version()? {
            ProtocolVersion::TLSv1_2 => "TLSv1.2",
            ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => "TLS",
        };
        let suite = format!("{:?}", tls.negotiated_cipher_suite()?.suite());
        let suite = suite.trim_start_matches("TLS13_").trim_start_matches("TLS_");
        Some(format!("{version}, {suite}"))
    }
}

/// Appends the plain bytes that TLS has ready.
fn drain(tls: &mut ClientConnection, plain: &mut Vec<u8>) -> Result<(), Error> {
    let mut buffer = [0; 4096];
    loop {
        match tls.reader().read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => plain.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(Error::Tls(error.to_string())),
        }
    }
}

/// Appends the ciphertext that TLS has ready. Whether there was any.
fn send(tls: &mut ClientConnection, ciphertext: &mut Vec<u8>) -> bool {
    let before = ciphertext.len();
    // A write to memory does not fail.
    while tls.wants_write() && tls.write_tls(ciphertext).is_ok_and(|count| count > 0) {}
    ciphertext.len() > before
}
