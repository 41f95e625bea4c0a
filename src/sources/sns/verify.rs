//! Whether SNS signed an envelope ("Verifying the signatures of Amazon SNS messages" in its developer guide): the canonical
//! string, the certificate and its chain, the addresses. Pure: nothing is fetched here.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
    alg_id,
};
use url::Url;
use webpki::{EndEntityCert, KeyUsage};

use super::{Envelope, EnvelopeKind, REPEATED};
use crate::sources::cut;

/// The DER of `id-ad-caIssuers`, by which a certificate says where its issuer's is (RFC 5280, 4.2.2.1).
const CA_ISSUERS: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
/// The tag of an address in a general name.
const ADDRESS: u8 = 0x86;

/// RSA with SHA-1, for version 1 of SNS's signatures alone: no certificate is accepted that is signed so.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, with no parameters.
        AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00])
    }
}

/// Whether the key of a certificate signed an envelope.
pub(super) fn is_signed(envelope: &Envelope, certificate: &CertificateDer<'_>) -> bool {
    let algorithm: &dyn SignatureVerificationAlgorithm = match envelope.signed.version.as_str() {
        "1" => &RsaSha1,
        "2" => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        _ => return false,
    };
    let Ok(signature) = STANDARD.decode(&envelope.signed.signature) else { return false };
    let text = canonical(envelope);
    EndEntityCert::try_from(certificate).is_ok_and(|key| key.verify_signature(algorithm, text.as_bytes(), &signature).is_ok())
}

/// The text that is signed.
fn canonical(envelope: &Envelope) -> String {
    let (kind, asked) = match &envelope.kind {
        EnvelopeKind::Notification => ("Notification", None),
        EnvelopeKind::Subscription { url, token } => ("SubscriptionConfirmation", Some((url, token))),
        EnvelopeKind::Unsubscribed { url, token } => ("UnsubscribeConfirmation", Some((url, token))),
    };
    // In the order of their names. What is not there is left out, name and all.
    let fields = [
        ("Message", Some(&envelope.message)),
        ("MessageId", Some(&envelope.id)),
        ("Subject", envelope.subject.as_ref().filter(|_| asked.is_none())),
        ("SubscribeURL", asked.map(|(url, _)| url)),
        ("Timestamp", Some(&envelope.timestamp)),
        ("Token", asked.map(|(_, token)| token)),
        ("TopicArn", Some(&envelope.topic)),
    ];
    let lines = fields.into_iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?)));
    lines.chain([format!("Type\n{kind}\n")]).collect()
}

/// Whether a chain, SNS's own certificate first, leads to a root and belongs to SNS in this region.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn vouch(chain: &[CertificateDer<'_>], roots: &[TrustAnchor<'_>], region: &str, now: Timestamp) -> Result<(), String> {
    let [leaf, others @ ..] = chain else { return Err("there is no certificate".to_owned()) };
    let certificate = EndEntityCert::try_from(leaf).map_err(|cause| cause.to_string())?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().try_into().unwrap_or_default()));
    certificate
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, roots, others, now, KeyUsage::server_auth(), None, None)
        .map_err(|cause| cause.to_string())?;
    let is_for =
        |name: String| ServerName::try_from(name).is_ok_and(|name| certificate.verify_is_valid_for_subject_name(&name).is_ok());
    if names(region).into_iter().any(is_for) { Ok(()) } else { Err("it is not a certificate of SNS".to_owned()) }
}

/// The names SNS's certificates are made out to: one for most regions, one a region for those that are opted into, for China
/// and for GovCloud, whose east borrows the west's (the AWS SDK for Java has the list).
fn names(region: &str) -> [String; 5] {
    let suffix = suffix(region);
    [
        "sns.amazonaws.com".to_owned(),
        format!("sns.{region}.{suffix}"),
        format!("sns-signing.{region}.{suffix}"),
        format!("sns-{region}.{suffix}"),
        format!("sns-{}.{suffix}", if region == "us-gov-east-1" { "us-gov-west-1" } else { region }),
    ]
}

fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// An address of SNS itself in a region.
///
/// # Errors
/// Says that it is another.
pub(super) fn address(text: &str, region: &str) -> Result<Url, String> {
    let host = format!("sns.{region}.{}", suffix(region));
    let url = Url::parse(text).map_err(|cause| format!("{:?} is no address: {cause}", cut::line(text, REPEATED)))?;
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if url.scheme() == "https" && bare && url.host_str() == Some(host.as_str()) {
        Ok(url)
    } else {
        Err(format!("it is not at https://{host}/"))
    }
}

/// The address of the certificate an envelope is signed with.
///
/// # Errors
/// Says why it is none of SNS.
pub(super) fn certificate(envelope: &Envelope, region: &str) -> Result<Url, String> {
    let url = address(&envelope.signed.certificate, region)?;
    // A query or a fragment would make one certificate many.
    let is_file = url.path().ends_with(".pem") && url.query().is_none() && url.fragment().is_none();
    if is_file { Ok(url) } else { Err("it does not end in .pem".to_owned()) }
}

/// Where a certificate says that its issuer's is, as long as that is with Amazon's authority. What is found there is
/// believed no more for that: the chain has to lead to a root all the same.
pub(super) fn issuer(certificate: &CertificateDer<'_>) -> Option<Url> {
    let bytes: &[u8] = certificate;
    let at = bytes.windows(CA_ISSUERS.len()).position(|window| window == CA_ISSUERS)?;
    let (&tag, rest) = bytes.get(at + CA_ISSUERS.len()..)?.split_first()?;
    // Below 128 the length stands in one byte; no such address is longer.
    let (&length, rest) = rest.split_first()?;
    let text = rest.get(..usize::from(length)).filter(|_| tag == ADDRESS && length < 128)?;
    let url = Url::parse(std::str::from_utf8(text).ok()?).ok()?;
    let amazon = url.host_str().is_some_and(|host| host.ends_with(".amazontrust.com"));
    (amazon && matches!(url.scheme(), "http" | "https") && url.path().ends_with(".cer")).then_some(url)
}

#[cfg(test)]
mod tests;
