//! Whom a client believes to be the server it wanted.

use super::error::Error;
use super::tls_words;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// What a certificate must be to be accepted. The default: valid for the name, and issued by whom the system trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Accept any certificate. Who sits in between can then read and change everything; that the server owns the
    /// certificate it shows is still checked.
    pub insecure: bool,
    /// The issuers to trust. `None`: those of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set.
    pub roots: Option<Vec<CertificateDer<'static>>>,
}

impl Trust {
    /// How a connection with this trust is set up.
    pub(super) fn config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| tls_words::error(&error))?;
        let mut config = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider))).with_no_client_auth()
        } else {
            builder.with_root_certificates(self.roots()?).with_no_client_auth()
        };
        // The opening handshake is one of HTTP/1.1 (s1.3): a server must not choose HTTP/2.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> Result<RootCertStore, Error> {
        let (roots, errors) = match &self.roots {
            Some(roots) => (roots.clone(), Vec::new()),
            None => {
                let found = rustls_native_certs::load_native_certs();
                (found.certs, found.errors)
            }
        };
        for error in &errors {
            log::debug!("certificates that are to be trusted cannot be read: {error}");
        }
        let mut store = RootCertStore::empty();
        // Some systems hold certificates that are too old to be read; the others are good all the same.
        store.add_parsable_certificates(roots);
        if store.is_empty() {
            let why = errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
            return Err(Error::Tls(format!(
                "this system trusts nobody{why}: install its certificates (often called ca-certificates), or name a file \
                 of them in SSL_CERT_FILE; -k accepts any certificate"
            )));
        }
        Ok(store)
    }
}

/// Takes anyone's certificate.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_trusts_nobody_is_told_what_to_do() {
        let nobody = Trust { roots: Some(Vec::new()), ..Trust::default() };
        let error = nobody.config().expect_err("nobody").to_string();
        assert!(error.contains("SSL_CERT_FILE") && error.contains("-k"), "{error}");
        assert!(Trust { insecure: true, ..nobody }.config().is_ok());
    }
}
