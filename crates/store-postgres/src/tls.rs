//! How connections are encrypted, and which server is believed: what the URL's `sslmode`
//! and `sslrootcert` say.
//!
//! Whoever asks for TLS (`require`, `verify-full`) wants the right server at its other end:
//! certificate and name are verified, always. `prefer` promises nothing, since whoever can
//! pose as the server can also say that it has no TLS: there a certificate is only verified
//! when the URL names whose.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;
use usher_store::{Error, Result};

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Whether the server must be the right one.
    verified: bool,
    /// Whose certificates are believed; those of the public authorities unless said.
    roots: Option<PathBuf>,
}

/// Takes from a URL what the driver does not know, and gives the URL that it does.
pub(crate) fn wanted(url: &str) -> (String, Wanted) {
    let mut wanted = Wanted::default();
    // A password may hold a question mark.
    let credentials = url.find('@').unwrap_or(0);
    let Some(query) = url[credentials..].find('?').map(|at| credentials + at) else {
        return (url.to_owned(), wanted);
    };
    let mut kept = Vec::new();
    for param in url[query + 1..].split('&') {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        match (name, value) {
            ("sslrootcert", file) => {
                let file = percent_decode_str(file).decode_utf8_lossy().into_owned();
                wanted.roots = Some(file.into());
                continue;
            }
            ("sslmode", mode) => wanted.verified = matches!(mode, "require" | "verify-full"),
            _ => {}
        }
        kept.push(match param {
            "sslmode=verify-full" => "sslmode=require",
            param => param,
        });
    }
    let url = format!("{}?{}", &url[..query], kept.join("&"));
    (url, wanted)
}

/// What shakes hands as the URL wants it.
///
/// # Errors
/// When the file of the roots can't be read.
pub(crate) fn connector(wanted: &Wanted) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Engine(error.to_string()))?;
    let config = if wanted.verified || wanted.roots.is_some() {
        let roots = Arc::new(roots(wanted.roots.as_deref())?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| Error::Engine(error.to_string()))?;
        builder.with_webpki_verifier(verifier)
    } else {
        let verifier = Arc::new(Anyone(provider));
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore> {
    let Some(file) = file else {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        return Ok(roots.collect());
    };
    let wrong = |what: String| Error::Engine(format!("sslrootcert: {}: {what}", file.display()));
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let added = roots.add(certificate);
        added.map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("no certificate is in it".to_owned()));
    }
    Ok(roots)
}

/// Takes any certificate, but the handshake has to be done with its key.
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
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_does_not_know_is_taken_from_the_url() {
        let cases = [
            ("postgres://h/d", "postgres://h/d", false, None),
            (
                "postgres://h/d?sslmode=disable",
                "postgres://h/d?sslmode=disable",
                false,
                None,
            ),
            (
                "postgres://h/d?sslmode=prefer&connect_timeout=3",
                "postgres://h/d?sslmode=prefer&connect_timeout=3",
                false,
                None,
            ),
            (
                "postgres://h/d?sslmode=require",
                "postgres://h/d?sslmode=require",
                true,
                None,
            ),
            (
                "postgres://u:p?w@h/d?sslmode=verify-full&sslrootcert=/etc/a%20b.pem",
                "postgres://u:p?w@h/d?sslmode=require",
                true,
                Some("/etc/a b.pem"),
            ),
        ];
        for (given, left, verified, roots) in cases {
            let roots = roots.map(PathBuf::from);
            let expected = (left.to_owned(), Wanted { verified, roots });
            assert_eq!(wanted(given), expected, "{given}");
        }
    }
}
