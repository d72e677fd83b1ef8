//! Forms of text: each with the pattern that the document shows and the function that
//! checks it. A schema's pattern must be one of these.

use usher_rules::billing::Zone;
use usher_rules::prices::Currency;

/// A form of text.
#[derive(Debug)]
pub struct Form {
    /// The pattern (ECMA-262) that the document shows.
    pub pattern: &'static str,
    /// Whether a text is of this form.
    pub is: fn(&str) -> bool,
    /// What it must be, for who sent something else.
    pub must_be: &'static str,
}

/// An id's form, from its prefix.
macro_rules! id {
    ($type:ident, $prefix:literal) => {
        Form {
            pattern: concat!("^", $prefix, "_[0-9a-f]{32}$"),
            is: |text| text.parse::<usher_rules::$type>().is_ok(),
            must_be: concat!("must be an id: ", $prefix, "_ and 32 hexadecimal digits"),
        }
    };
}

/// An account's id.
pub const ACCOUNT_ID: &str = "^acc_[0-9a-f]{32}$";
/// A domain's id.
pub const DOMAIN_ID: &str = "^dom_[0-9a-f]{32}$";
/// A user's id.
pub const USER_ID: &str = "^usr_[0-9a-f]{32}$";
/// A seat pool's id.
pub const POOL_ID: &str = "^pol_[0-9a-f]{32}$";
/// A token's id.
pub const TOKEN_ID: &str = "^tok_[0-9a-f]{32}$";
/// A session's id.
pub const SESSION_ID: &str = "^ses_[0-9a-f]{32}$";
/// A call's id.
pub const CALL_ID: &str = "^cal_[0-9a-f]{32}$";
/// A team's id.
pub const TEAM_ID: &str = "^tem_[0-9a-f]{32}$";
/// The id of a contact that a user added.
pub const CONTACT_ID: &str = "^con_[0-9a-f]{32}$";
/// A call link's id.
pub const LINK_ID: &str = "^lnk_[0-9a-f]{32}$";
/// An e-mail address, roughly: what is right about one is its mail server's to say.
pub const EMAIL: &str = concat!(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
);
/// A domain's prefix.
pub const PREFIX: &str = "^[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]$";
/// ISO 4217.
pub const CURRENCY: &str = "^[A-Z]{3}$";
/// The name of an IANA time zone.
pub const ZONE: &str = "^[A-Za-z0-9_+/-]+$";
/// RFC 3339 in UTC or with an offset.
pub const MOMENT: &str = concat!(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?",
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
);
/// A one-time code.
pub const CODE: &str = "^[0-9]{6}$";
/// What a page's end gives for the next.
pub const CURSOR: &str = "^[A-Za-z0-9_-]+$";

static FORMS: [Form; 17] = [
    id!(AccountId, "acc"),
    id!(DomainId, "dom"),
    id!(UserId, "usr"),
    id!(PoolId, "pol"),
    id!(TokenId, "tok"),
    id!(TeamId, "tem"),
    id!(ContactId, "con"),
    id!(LinkId, "lnk"),
    id!(SessionId, "ses"),
    id!(CallId, "cal"),
    Form {
        pattern: EMAIL,
        is: is_email,
        must_be: "must be an e-mail address",
    },
    Form {
        pattern: PREFIX,
        is: |text| text.bytes().all(in_prefix) && !text.starts_with('-') && !text.ends_with('-'),
        must_be: "must be letters, digits and inner hyphens",
    },
    Form {
        pattern: CURRENCY,
        is: |text| Currency::from_code(text).is_some(),
        must_be: "must be a currency's three capital letters",
    },
    Form {
        pattern: ZONE,
        is: |text| Zone::from_name(text).is_some(),
        must_be: "must be the name of an IANA time zone, such as Europe/Vienna",
    },
    Form {
        pattern: MOMENT,
        is: |text| text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok(),
        must_be: "must be a time, such as 2026-03-31T12:00:00Z",
    },
    Form {
        pattern: CODE,
        is: |text| text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()),
        must_be: "must be six digits",
    },
    Form {
        pattern: CURSOR,
        is: |text| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        },
        must_be: "must be the next_cursor of a page",
    },
];

impl Form {
    /// The form that a schema's pattern names.
    pub fn of_pattern(pattern: &str) -> Option<&'static Form> {
        FORMS.iter().find(|form| form.pattern == pattern)
    }
}

fn in_prefix(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
    let in_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(in_name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(in_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 64 && name.split('.').all(is_atom) && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_an_address_is_one_that_a_mail_server_takes() {
        let right = [
            "a@b",
            "first.last+tag@mail.example.com",
            "o'neil@example.com",
        ];
        let wrong = [
            "a", "@b", "a@", "a@@b", "a@b@c", "a..b@c", ".a@b", "a,b@c", "a@b..c", "é@b",
        ];
        assert!(right.into_iter().all(is_email));
        assert!(!wrong.into_iter().any(is_email));
    }

    #[test]
    fn every_form_knows_its_own() {
        let cases = [
            (ACCOUNT_ID, "acc_0190a0b0c0d0e0f00000000000000001", "dom_1"),
            (DOMAIN_ID, "dom_0190a0b0c0d0e0f00000000000000001", "dom_1"),
            (USER_ID, "usr_0190a0b0c0d0e0f00000000000000001", "usr_G"),
            (POOL_ID, "pol_0190a0b0c0d0e0f00000000000000001", "usr_1"),
            (TOKEN_ID, "tok_0190a0b0c0d0e0f00000000000000001", ""),
            (TEAM_ID, "tem_0190a0b0c0d0e0f00000000000000001", "tok_1"),
            (CONTACT_ID, "con_0190a0b0c0d0e0f00000000000000001", "cal_1"),
            (LINK_ID, "lnk_0190a0b0c0d0e0f00000000000000001", "cal_1"),
            (SESSION_ID, "ses_0190a0b0c0d0e0f00000000000000001", "ses_1"),
            (CALL_ID, "cal_0190a0b0c0d0e0f00000000000000001", "ses_1"),
            (EMAIL, "someone+seat@example.com", "someone@-example.com"),
            (PREFIX, "My-domain", "-domain"),
            (CURRENCY, "EUR", "eur"),
            (ZONE, "Europe/Vienna", "Mars/Olympus"),
            (
                MOMENT,
                "2026-03-31T12:00:00.5+02:00",
                "2026-02-31T12:00:00Z",
            ),
            (CODE, "012345", "12345"),
            (CURSOR, "Y3_-", "a b"),
        ];
        assert_eq!(cases.len(), FORMS.len());
        for (pattern, right, wrong) in cases {
            let form = Form::of_pattern(pattern).expect(pattern);
            assert!((form.is)(right), "{right}");
            assert!(!(form.is)(wrong), "{wrong}");
        }
    }
}
