//! Payloads stay readable for ever: each kind as it was first written is in `golden/`.
//!
//! A new kind needs a new file: the test that misses it says what to put there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use usher_rules::ids::{DeviceKey, PoolId, SessionId};
use usher_rules::prices::Currency;
use usher_rules::seats::PerKind;
use usher_rules::tiers::Tier;
use usher_rules::users::License;
use usher_rules::{DomainId, Event, UserId};
use usher_store::contract::events;
use usher_store::{Error, codec};

fn golden(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{kind}.json"))
}

#[test]
fn j1_every_kind_reads_and_writes_as_it_was_first_written() {
    for event in events::one_of_each() {
        let (kind, payload) = codec::encode(&event);
        let path = golden(kind);
        let first = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{} must hold: {payload}", path.display()));
        assert_eq!(payload, first.trim_end(), "{kind} is written otherwise now");
        assert_eq!(codec::decode(kind, first.trim_end()), Ok(event));
    }
}

#[test]
fn j1_every_kind_has_a_golden_file_and_every_file_a_kind() {
    let mut kinds: Vec<String> = codec::KINDS.iter().map(|k| (*k).to_owned()).collect();
    kinds.sort();
    let mut files: Vec<String> = std::fs::read_dir(golden("x").parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, kinds);
    let mut samples: Vec<&str> = events::one_of_each()
        .iter()
        .map(|event| codec::encode(event).0)
        .collect();
    samples.sort_unstable();
    assert_eq!(samples, kinds, "one sample per kind");
}

#[test]
fn j1_what_may_be_absent_reads_back_absent() {
    let events = [
        Event::DomainOpened {
            owner: usher_rules::AccountId::nth(1),
            parent: None,
            root: DomainId::nth(2),
        },
        Event::StandingNoted {
            from: usher_rules::standing::State::Lapsed,
            to: usher_rules::standing::State::Good,
            until: None,
        },
        Event::SubDomainChanged {
            user: UserId::nth(3),
            from: None,
            to: None,
        },
        Event::SessionStarted {
            session: SessionId::nth(4),
            user: UserId::nth(3),
            pool: None,
            device: DeviceKey::nth(5),
            links_until: None,
            occupied: 0,
        },
        Event::LicenseChanged {
            user: UserId::nth(3),
            from: License::Named {
                tier: Tier::Business,
            },
            to: License::Shared {
                pool: PoolId::nth(6),
            },
        },
    ];
    for event in events {
        let (kind, payload) = codec::encode(&event);
        assert_eq!(codec::decode(kind, &payload), Ok(event));
    }
}

#[test]
fn j1_what_no_version_wrote_is_inconsistent() {
    let cases = [
        ("user_vanished", "{}"),
        ("user_removed", "{}"),
        ("user_removed", "not json"),
        (
            "user_removed",
            r#"{"user":"dom_00000000000000000000000000000001"}"#,
        ),
        ("plan_changed", r#"{"from":"base","to":"gold"}"#),
        (
            "prices_set",
            r#"{"version":-1,"from":"2026-01-01T00:00:00Z"}"#,
        ),
        ("prices_set", r#"{"version":1,"from":"yesterday"}"#),
        (
            "waiting_joined",
            r#"{"user":"usr_00000000000000000000000000000001","pool":"usr_00000000000000000000000000000002","place":1}"#,
        ),
    ];
    for (kind, payload) in cases {
        let result = codec::decode(kind, payload);
        assert!(
            matches!(
                result,
                Err(Error::Inconsistent {
                    table: "journal",
                    ..
                })
            ),
            "{kind} {payload}: {result:?}"
        );
    }
}

#[test]
fn j1_a_device_has_one_spelling() {
    let started = |device: &str| {
        let fields = r#""session":"ses_00000000000000000000000000000001","user":"usr_00000000000000000000000000000001","pool":null"#;
        format!(r#"{{{fields},"device":"{device}","links_until":null,"occupied":0}}"#)
    };
    let good = started(&"0a".repeat(32));
    assert!(codec::decode("session_started", &good).is_ok());
    for wrong in [
        "0A".repeat(32),
        "0a".repeat(31),
        "0a".repeat(33),
        "+a".repeat(32),
    ] {
        let payload = started(&wrong);
        assert!(
            codec::decode("session_started", &payload).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn g1_prices_read_back_and_are_written_in_one_order() {
    let prices = BTreeMap::from([
        (Currency::EUR, PerKind([400, 600, 1200, 900])),
        (
            Currency::from_code("CHF").unwrap(),
            PerKind([1, 0, i64::MAX, -5]),
        ),
    ]);
    let text = codec::encode_prices(&prices);
    assert_eq!(
        text,
        concat!(
            r#"{"CHF":{"domain_user":1,"business":0,"business_pro":9223372036854775807,"#,
            r#""seat_license":-5},"EUR":{"domain_user":400,"business":600,"#,
            r#""business_pro":1200,"seat_license":900}}"#
        )
    );
    assert_eq!(codec::decode_prices(&text), Ok(prices));
    assert!(codec::decode_prices(r#"{"EUR":{"domain_user":400}}"#).is_err());
    assert!(codec::decode_prices(r#"{"euro":{}}"#).is_err());
}
