//! What TLS says when it fails, in words that a person can act on.

use super::error::Error;
use crate::wire::escape;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, PeerIncompatible};
use std::time::{Duration, UNIX_EPOCH};

/// The most names of a certificate that are repeated.
const NAMES: usize = 5;

/// The first second of the year 10000, which a date of HTTP cannot say.
const YEAR_10000: u64 = 253_402_300_800;

/// How to go on all the same.
const K: &str = "-k accepts it";

/// An error of rustls.
pub(super) fn error(error: &rustls::Error) -> Error {
    Error::Tls(match error {
        rustls::Error::InvalidCertificate(why) => certificate(why),
        rustls::Error::InvalidMessage(_) => {
            "what came is no TLS: is it a port for ws:// (or another protocol), and not for wss://?".to_owned()
        }
        rustls::Error::AlertReceived(alert) => alerted(*alert),
        rustls::Error::PeerIncompatible(why) => incompatible(why),
        rustls::Error::NoApplicationProtocol => no_http().to_owned(),
        rustls::Error::NoCertificatesPresented => "the server has no certificate".to_owned(),
        rustls::Error::DecryptError => {
            "a record of the server cannot be decrypted: it was changed on its way".to_owned()
        }
        other => escape::text(other.to_string().as_bytes()),
    })
}

/// An error of a connection whose handshake is over, or not yet.
pub(super) fn during(cause: &rustls::Error, is_ready: bool) -> Error {
    match cause {
        rustls::Error::InvalidMessage(_) if is_ready => {
            Error::Tls("what came is no record of TLS: it was broken on its way, or by the server".to_owned())
        }
        _ => error(cause),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            format!("the certificate is not trusted: its issuer is unknown here. Is it self-signed? {K}")
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("the certificate is not valid for {}: {}; {K}", expected.to_str(), valid_for(presented))
        }
        CertificateError::NotValidForName => format!("the certificate is not valid for this name; {K}"),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired on {}; {K}", date(*not_after))
        }
        CertificateError::Expired => format!("the certificate has expired; {K}"),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is valid from {} on. Is the clock here right? {K}", date(*not_before))
        }
        CertificateError::NotValidYet => format!("the certificate is not valid yet. Is the clock here right? {K}"),
        CertificateError::Revoked => format!("the certificate was revoked; {K}"),
        CertificateError::BadSignature => format!(
            "the certificate was not signed by the issuer it names: is it self-signed, and another of that name trusted? {K}"
        ),
        // rustls has no name of its own for what `openssl req -x509` makes, and takes no such certificate even when it is
        // among the trusted.
        other if other.to_string().contains("CaUsedAsEndEntity") => format!(
            "the certificate is one for issuing others (CA:TRUE), used by a server: is it self-signed? Trusted or not, it \
             cannot be checked; {K}, or make it with CA:FALSE"
        ),
        other => format!("the certificate is not accepted: {}; {K}", escape::text(other.to_string().as_bytes())),
    }
}

/// rustls repeats names as `DnsName("example.org")` and `IpAddress(127.0.0.1)`.
fn valid_for(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner.trim_end_matches(')'));
        escape::text(inner.trim_matches('"').as_bytes())
    };
    let names: Vec<String> = presented.iter().take(NAMES).map(bare).collect();
    match presented.len().saturating_sub(NAMES) {
        _ if names.is_empty() => "it names nobody".to_owned(),
        0 => format!("it is for {}", names.join(", ")),
        more => format!("it is for {} and {more} more", names.join(", ")),
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, as HTTP writes it.
fn date(time: UnixTime) -> String {
    let seconds = time.as_secs().min(YEAR_10000 - 1);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn alerted(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure => {
            "the server refused the handshake (handshake_failure): it speaks another kind of TLS than TLS 1.2 and 1.3 with \
             today's ciphers, or has no certificate for this name"
                .to_owned()
        }
        AlertDescription::ProtocolVersion => {
            "the server takes another version of TLS (protocol_version); here are 1.2 and 1.3".to_owned()
        }
        AlertDescription::UnrecognisedName => "the server does not know this name (unrecognized_name)".to_owned(),
        AlertDescription::NoApplicationProtocol => no_http().to_owned(),
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate => {
            format!("the server wants a certificate of the client ({alert:?}), and there is none to show")
        }
        other => format!("the server ended it with the alert {other:?}"),
    }
}

fn no_http() -> &'static str {
    "the server does not take HTTP/1.1 here (no_application_protocol), which the upgrade needs"
}

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            "the server speaks only an old version of TLS; here are 1.2 and 1.3".to_owned()
        }
        other => format!("the server speaks TLS in a way that is not known here: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(why: CertificateError) -> String {
        error(&rustls::Error::InvalidCertificate(why)).to_string()
    }

    #[test]
    fn names_are_repeated_bare_escaped_and_not_all() {
        let names: Vec<String> = (0..9).map(|number| format!("DnsName(\"n{number}\x1b\")")).collect();
        assert_eq!(valid_for(&names), "it is for n0\\u{1b}, n1\\u{1b}, n2\\u{1b}, n3\\u{1b}, n4\\u{1b} and 4 more");
        assert_eq!(valid_for(&["IpAddress(127.0.0.1)".to_owned()]), "it is for 127.0.0.1");
        assert_eq!(valid_for(&[]), "it names nobody");
    }

    #[test]
    fn dates_are_said_however_far_they_are() {
        let expired = |seconds| {
            let (time, not_after) = (UnixTime::since_unix_epoch(Duration::ZERO), Duration::from_secs(seconds));
            said(CertificateError::ExpiredContext { time, not_after: UnixTime::since_unix_epoch(not_after) })
        };
        assert!(expired(784_111_777).contains("Sun, 06 Nov 1994 08:49:37 GMT"), "{}", expired(784_111_777));
        assert!(expired(u64::MAX).contains("9999"), "{}", expired(u64::MAX));
    }
}
