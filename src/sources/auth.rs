//! Whether a request shows what its source has to show.

use axum::http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

use super::Proof;
use crate::secret::unhex;

/// How far the time of a signed request may be from now.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What is wrong with a request, as a sentence for whoever set up the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) &'static str);

impl Proof {
    /// Looks at what stands in the headers alone, before a body is read.
    pub(super) fn early(&self, headers: &HeaderMap, now: Timestamp) -> Result<(), Wrong> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        match self {
            Self::Bearer(token) => {
                let shown = text(header::AUTHORIZATION.as_str()).ok_or(Wrong("There is no Authorization header."))?;
                let shown = shown.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                let (_, shown) = shown.ok_or(Wrong("The Authorization header holds no bearer token."))?;
                if same(token.expose(), shown.trim()) { Ok(()) } else { Err(Wrong("The bearer token is wrong.")) }
            }
            Self::Signature { header, timestamp, .. } => {
                text(header).ok_or(Wrong("The header with the signature is missing."))?;
                let Some(timestamp) = timestamp else { return Ok(()) };
                let sent = text(timestamp).and_then(|sent| Timestamp::from_second(sent.parse().ok()?).ok());
                let sent = sent.ok_or(Wrong("The header with the time of sending is missing, or no number of seconds."))?;
                let recent = sent.duration_since(now).abs() <= WINDOW;
                if recent { Ok(()) } else { Err(Wrong("The time of sending is more than five minutes off.")) }
            }
        }
    }

    /// Looks at the signature of a body, where there is one.
    pub(super) fn late(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Wrong> {
        let Self::Signature { key, header, timestamp } = self else { return Ok(()) };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map_or("", str::trim);
        let shown = text(header);
        let tag = unhex(shown.split_once('=').map_or(shown, |(_, digits)| digits));
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        let fits = tag.is_some_and(|tag| match timestamp {
            None => hmac::verify(&key, body, &tag).is_ok(),
            Some(name) => hmac::verify(&key, &[text(name).as_bytes(), b":", body].concat(), &tag).is_ok(),
        });
        if fits { Ok(()) } else { Err(Wrong("The signature does not fit.")) }
    }
}

/// Whether two secrets are the same, in a time that does not tell where they differ or how long ours is.
fn same(ours: &str, shown: &str) -> bool {
    const ANYTHING: &[u8] = b"watchkeeper";
    let key = |secret: &str| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key(shown), ANYTHING, hmac::sign(&key(ours), ANYTHING).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;
    use crate::secret::Secret;

    const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn sign(text: &str) -> String {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"key"), text.as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn only_the_right_bearer_token_is_let_in() {
        let proof = Proof::Bearer(Secret::new("s3cret"));
        let early = |value: &str| proof.early(&headers(&[("authorization", value)]), NOW);
        assert_eq!(early("Bearer s3cret"), Ok(()));
        assert_eq!(early("bearer s3cret "), Ok(()));
        for wrong in ["Bearer s3cre", "Bearer s3cret2", "Bearer", "Basic s3cret", "s3cret", ""] {
            assert!(early(wrong).is_err(), "{wrong}");
        }
        assert_eq!(proof.early(&HeaderMap::new(), NOW), Err(Wrong("There is no Authorization header.")));
    }

    #[test]
    fn only_the_signature_of_this_body_is_let_in() {
        let proof = Proof::Signature { key: Secret::new("key"), header: "x-signature".to_owned(), timestamp: None };
        let late = |signature: &str| proof.late(&headers(&[("x-signature", signature)]), b"body");
        assert_eq!(late(&sign("body")), Ok(()));
        assert_eq!(late(&format!("sha256={}", sign("body"))), Ok(()));
        for wrong in [sign("other"), sign("body")[..62].to_owned(), "sha256=".to_owned(), "zz".to_owned(), String::new()] {
            assert!(late(&wrong).is_err(), "{wrong}");
        }
        assert!(proof.early(&HeaderMap::new(), NOW).is_err());
    }

    #[test]
    fn a_signed_time_has_to_be_recent_and_is_part_of_the_signature() {
        let (header, timestamp) = ("x-signature".to_owned(), Some("x-time".to_owned()));
        let proof = Proof::Signature { key: Secret::new("key"), header, timestamp };
        let early = |sent: i64| proof.early(&headers(&[("x-signature", "00"), ("x-time", &sent.to_string())]), NOW);
        let now = NOW.as_second();
        assert_eq!((early(now), early(now - 300)), (Ok(()), Ok(())));
        assert!(early(now - 301).is_err() && early(now + 301).is_err() && early(i64::MAX).is_err());
        let late = |sent: &str, signed: &str| proof.late(&headers(&[("x-signature", &sign(signed)), ("x-time", sent)]), b"body");
        assert_eq!(late("7", "7:body"), Ok(()));
        assert!(late("8", "7:body").is_err() && late("7", "body").is_err());
    }
}
