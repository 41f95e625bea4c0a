use rustls::pki_types::pem::PemObject;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_795_600_800, 0);

fn certificates(pem: &'static str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn root() -> CertificateDer<'static> {
    certificates(include_str!("../../../../tests/data/sns/root.pem"))
}

fn intermediate() -> CertificateDer<'static> {
    certificates(include_str!("../../../../tests/data/sns/intermediate.pem"))
}

fn sns() -> CertificateDer<'static> {
    certificates(include_str!("../../../../tests/data/sns/sns.pem"))
}

fn messages() -> [Envelope; 4] {
    [
        include_str!("../../../../tests/data/sns/notification.json"),
        include_str!("../../../../tests/data/sns/notification-with-subject.json"),
        include_str!("../../../../tests/data/sns/subscription.json"),
        include_str!("../../../../tests/data/sns/unsubscribed.json"),
    ]
    .map(|text| Envelope::read(text.as_bytes()).unwrap())
}

#[test]
fn every_kind_of_message_verifies_and_none_that_was_touched() {
    for envelope in messages() {
        assert!(is_signed(&envelope, &sns()), "{envelope:?}");
        assert!(!is_signed(&envelope, &intermediate()), "another key");
        type Touch = fn(&mut Envelope);
        let touches: [Touch; 8] = [
            |one| one.message.push('.'),
            |one| one.id.push('1'),
            |one| one.subject = Some("Another".to_owned()),
            |one| one.topic.push('s'),
            |one| one.timestamp = "2026-11-25T10:00:01.000Z".to_owned(),
            |one| one.signed.version = "2".to_owned(),
            |one| one.signed.version = "3".to_owned(),
            |one| one.signed.signature.replace_range(..4, "AAAA"),
        ];
        for (number, touch) in touches.into_iter().enumerate() {
            let mut touched = envelope.clone();
            touch(&mut touched);
            // A confirmation has no subject, so one that is added is not signed either, and nothing shows it.
            let unsigned = number == 2 && envelope.kind != EnvelopeKind::Notification;
            assert_eq!(is_signed(&touched, &sns()), unsigned, "{number} {touched:?}");
        }
        let other = match &envelope.kind {
            EnvelopeKind::Notification => continue,
            EnvelopeKind::Subscription { url, token } => EnvelopeKind::Unsubscribed { url: url.clone(), token: token.clone() },
            EnvelopeKind::Unsubscribed { url, token } => {
                EnvelopeKind::Subscription { url: format!("{url}x"), token: token.clone() }
            }
        };
        assert!(!is_signed(&Envelope { kind: other, ..envelope }, &sns()));
    }
}

#[test]
fn a_chain_has_to_lead_from_sns_to_a_root() {
    let (root, whole) = (root(), [sns(), intermediate()]);
    let roots = [webpki::anchor_from_trusted_cert(&root).unwrap()];
    assert_eq!(vouch(&whole, &roots, "eu-west-1", NOW), Ok(()));
    assert!(vouch(&whole[..1], &roots, "eu-west-1", NOW).unwrap_err().contains("UnknownIssuer"));
    assert!(vouch(&whole, &[], "eu-west-1", NOW).is_err());
    assert!(vouch(&[], &roots, "eu-west-1", NOW).is_err());
    let later = NOW + jiff::SignedDuration::from_hours(24 * 365 * 101);
    assert!(vouch(&whole, &roots, "eu-west-1", later).unwrap_err().contains("CertExpired"));
    assert!(vouch(&[intermediate()], &roots, "eu-west-1", NOW).is_err(), "an authority is not SNS");
    // The system's roots know nothing of it.
    assert!(vouch(&whole, &crate::outward::system_roots().roots, "eu-west-1", NOW).is_err());
}

#[test]
fn only_addresses_of_sns_in_the_topics_region_count() {
    for good in ["https://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com:443/?Action=x"] {
        assert!(address(good, "eu-west-1").is_ok(), "{good}");
    }
    assert!(address("https://sns.cn-north-1.amazonaws.com.cn/a.pem", "cn-north-1").is_ok());
    for bad in [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://user@sns.eu-west-1.amazonaws.com/a.pem",
        "https://s3.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.cn/a.pem",
        "nowhere",
    ] {
        assert!(address(bad, "eu-west-1").is_err(), "{bad}");
    }
    let mut envelope = messages()[0].clone();
    assert!(certificate(&envelope, "eu-west-1").is_ok());
    for end in ["a.pem?x", "a.pem?", "a.pem#x", "a.txt?x=.pem", "a.txt"] {
        envelope.signed.certificate = format!("https://sns.eu-west-1.amazonaws.com/{end}");
        assert!(certificate(&envelope, "eu-west-1").is_err(), "{end}");
    }
}

#[test]
fn a_certificate_says_where_its_issuer_is() {
    assert_eq!(issuer(&sns()).unwrap().as_str(), "http://crt.test.amazontrust.com/test.cer");
    assert_eq!(issuer(&root()), None);
    let elsewhere: Vec<u8> = sns().to_vec();
    let at = elsewhere.windows(11).position(|window| window == b"amazontrust").unwrap();
    let mut elsewhere = elsewhere;
    elsewhere[at] = b'o';
    assert_eq!(issuer(&CertificateDer::from(elsewhere)), None);
    for end in 0..CA_ISSUERS.len() + 3 {
        let mut cut = CA_ISSUERS.to_vec();
        cut.extend([ADDRESS, 200, b'h']);
        cut.truncate(end);
        assert_eq!(issuer(&CertificateDer::from(cut)), None);
    }
}
