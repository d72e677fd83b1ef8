//! The serde twins of the rules' types. A twin is plain: a text, a list of words, or a
//! struct of twins.

use std::fmt::Display;

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use usher_rules::accounts::Identity;
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::calls::{CallEnd, Direction};
use usher_rules::event::{AccountDetail, Start};
use usher_rules::ids::{CallId, ContactId, DeviceKey, LinkId, PoolId, SessionId, TeamId};
use usher_rules::pools::PoolSettings;
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::{Scheduled, SeatKind};
use usher_rules::sessions::EndReason;
use usher_rules::standing::{Prerequisite, State};
use usher_rules::tiers::{Feature, Features, Tier};
use usher_rules::users::License;
use usher_rules::{AccountId, DomainId, Time, TokenId, UserId};

/// A type of the rules that has a twin.
pub(super) trait HasTwin: Sized {
    type Twin: Serialize + DeserializeOwned;
    fn twin(&self) -> Self::Twin;
    fn back(twin: Self::Twin) -> Self;
}

pub(super) type TwinOf<T> = <T as HasTwin>::Twin;

/// Types that are their own twins.
macro_rules! plain {
    ($($type:ty)*) => {$(
        impl HasTwin for $type {
            type Twin = $type;
            fn twin(&self) -> $type {
                *self
            }
            fn back(twin: $type) -> $type {
                twin
            }
        }
    )*};
}

plain! { u32 u64 bool }

impl<T: HasTwin> HasTwin for Option<T> {
    type Twin = Option<T::Twin>;
    fn twin(&self) -> Self::Twin {
        self.as_ref().map(T::twin)
    }
    fn back(twin: Self::Twin) -> Self {
        twin.map(T::back)
    }
}

impl<T: HasTwin> HasTwin for Vec<T> {
    type Twin = Vec<T::Twin>;
    fn twin(&self) -> Self::Twin {
        self.iter().map(T::twin).collect()
    }
    fn back(twin: Self::Twin) -> Self {
        twin.into_iter().map(T::back).collect()
    }
}

/// What has one spelling: an id, a word, a time.
pub(super) trait Spelled: Copy {
    fn spelling(&self) -> impl Display;
    fn spelled(text: &str) -> Option<Self>;
}

/// Something in its one spelling.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<T>(pub(super) T);

impl<T: Spelled> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.spelling())
    }
}

impl<'de, T: Spelled> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::spelled(&text)
            .map(Text)
            .ok_or_else(|| D::Error::custom(format_args!("{text:?} is not known")))
    }
}

/// Types whose twin is a [`Text`]: how each is spelled and read.
macro_rules! texts {
    ($($type:ty: $write:expr, $read:expr;)*) => {$(
        impl Spelled for $type {
            fn spelling(&self) -> impl Display {
                let write: fn(&$type) -> _ = $write;
                write(self)
            }
            fn spelled(text: &str) -> Option<Self> {
                let read: fn(&str) -> Option<$type> = $read;
                read(text)
            }
        }
        impl HasTwin for $type {
            type Twin = Text<$type>;
            fn twin(&self) -> Text<$type> {
                Text(*self)
            }
            fn back(twin: Text<$type>) -> $type {
                twin.0
            }
        }
    )*};
}

texts! {
    AccountId: |id| *id, |text| text.parse().ok();
    DomainId: |id| *id, |text| text.parse().ok();
    UserId: |id| *id, |text| text.parse().ok();
    TokenId: |id| *id, |text| text.parse().ok();
    PoolId: |id| *id, |text| text.parse().ok();
    SessionId: |id| *id, |text| text.parse().ok();
    CallId: |id| *id, |text| text.parse().ok();
    LinkId: |id| *id, |text| text.parse().ok();
    TeamId: |id| *id, |text| text.parse().ok();
    ContactId: |id| *id, |text| text.parse().ok();
    DeviceKey: |key| *key, device_key;
    Time: |time| *time, |text| text.parse().ok().map(|t: jiff::Timestamp| t.into());
    SeatKind: |kind| kind.name(), SeatKind::from_name;
    Tier: |tier| tier.name(), Tier::from_name;
    Feature: |feature| feature.name(), Feature::from_name;
    Role: |role| role.name(), Role::from_name;
    Permission: |permission| permission.name(), Permission::from_name;
    State: |state| state.name(), State::from_name;
    Prerequisite: |prerequisite| prerequisite.name(), Prerequisite::from_name;
    Identity: |identity| identity.name(), Identity::from_name;
    AccountDetail: |detail| detail.name(), AccountDetail::from_name;
    PaymentMethod: |method| method.name(), PaymentMethod::from_name;
    EndReason: |reason| reason.name(), EndReason::from_name;
    Direction: |direction| direction.name(), Direction::from_name;
    CallEnd: |why| why.name(), CallEnd::from_name;
}

/// The key that prints so: 64 hexadecimal digits, small letters.
fn device_key(text: &str) -> Option<DeviceKey> {
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    let key = DeviceKey(bytes);
    (key.to_string() == text).then_some(key)
}

// These two lend their spelling, which the table above can't say.
impl Spelled for Zone {
    fn spelling(&self) -> impl Display {
        self.name()
    }
    fn spelled(text: &str) -> Option<Self> {
        Zone::from_name(text)
    }
}

impl Spelled for Currency {
    fn spelling(&self) -> impl Display {
        self.code()
    }
    fn spelled(text: &str) -> Option<Self> {
        Currency::from_code(text)
    }
}

impl HasTwin for Features {
    type Twin = Vec<Text<Feature>>;
    fn twin(&self) -> Self::Twin {
        self.iter().map(Text).collect()
    }
    fn back(twin: Self::Twin) -> Features {
        twin.into_iter().map(|text| text.0).collect()
    }
}

impl HasTwin for Permissions {
    type Twin = Vec<Text<Permission>>;
    fn twin(&self) -> Self::Twin {
        self.iter().map(Text).collect()
    }
    fn back(twin: Self::Twin) -> Permissions {
        twin.into_iter().map(|text| text.0).collect()
    }
}

/// A user and the domain it belongs to.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    domain: Text<DomainId>,
    user: Text<UserId>,
}

impl HasTwin for (DomainId, UserId) {
    type Twin = Place;
    fn twin(&self) -> Place {
        Place {
            domain: Text(self.0),
            user: Text(self.1),
        }
    }
    fn back(twin: Place) -> Self {
        (twin.domain.0, twin.user.0)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub(super) enum LicenseTwin {
    Named { tier: Text<Tier> },
    Shared { pool: Text<PoolId> },
}

impl HasTwin for License {
    type Twin = LicenseTwin;
    fn twin(&self) -> LicenseTwin {
        match *self {
            License::Named { tier } => LicenseTwin::Named { tier: Text(tier) },
            License::Shared { pool } => LicenseTwin::Shared { pool: Text(pool) },
        }
    }
    fn back(twin: LicenseTwin) -> License {
        match twin {
            LicenseTwin::Named { tier } => License::Named { tier: tier.0 },
            LicenseTwin::Shared { pool } => License::Shared { pool: pool.0 },
        }
    }
}

/// What is off is `null`.
#[derive(Serialize, Deserialize)]
pub(super) struct PoolSettingsTwin {
    seats: u32,
    tier: Text<Tier>,
    log_off_seconds: Option<i64>,
    silence_seconds: Option<i64>,
    notice_seconds: Option<i64>,
    link_cap_seconds: i64,
    waiting_list: bool,
}

impl HasTwin for PoolSettings {
    type Twin = PoolSettingsTwin;
    fn twin(&self) -> PoolSettingsTwin {
        PoolSettingsTwin {
            seats: self.seats,
            tier: Text(self.tier),
            log_off_seconds: self.log_off_seconds,
            silence_seconds: self.silence_seconds,
            notice_seconds: self.notice_seconds,
            link_cap_seconds: self.link_cap_seconds,
            waiting_list: self.waiting_list,
        }
    }
    fn back(twin: PoolSettingsTwin) -> PoolSettings {
        PoolSettings {
            seats: twin.seats,
            tier: twin.tier.0,
            log_off_seconds: twin.log_off_seconds,
            silence_seconds: twin.silence_seconds,
            notice_seconds: twin.notice_seconds,
            link_cap_seconds: twin.link_cap_seconds,
            waiting_list: twin.waiting_list,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StartTwin {
    license: LicenseTwin,
    role: Text<Role>,
    permissions: TwinOf<Permissions>,
    features_off: TwinOf<Features>,
}

impl HasTwin for Start {
    type Twin = StartTwin;
    fn twin(&self) -> StartTwin {
        StartTwin {
            license: self.license.twin(),
            role: Text(self.role),
            permissions: self.permissions.twin(),
            features_off: self.features_off.twin(),
        }
    }
    fn back(twin: StartTwin) -> Start {
        Start {
            license: License::back(twin.license),
            role: twin.role.0,
            permissions: Permissions::back(twin.permissions),
            features_off: Features::back(twin.features_off),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct BillingTwin {
    currency: Text<Currency>,
    zone: Text<Zone>,
    method: Text<PaymentMethod>,
    activated_by: Text<AccountId>,
}

impl HasTwin for Billing {
    type Twin = BillingTwin;
    fn twin(&self) -> BillingTwin {
        BillingTwin {
            currency: Text(self.currency),
            zone: Text(self.zone),
            method: Text(self.method),
            activated_by: Text(self.activated_by),
        }
    }
    fn back(twin: BillingTwin) -> Billing {
        Billing {
            currency: twin.currency.0,
            zone: twin.zone.0,
            method: twin.method.0,
            activated_by: twin.activated_by.0,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ScheduledTwin {
    quantity: u32,
    at: Text<Time>,
}

impl HasTwin for Scheduled {
    type Twin = ScheduledTwin;
    fn twin(&self) -> ScheduledTwin {
        ScheduledTwin {
            quantity: self.quantity,
            at: Text(self.at),
        }
    }
    fn back(twin: ScheduledTwin) -> Scheduled {
        Scheduled {
            quantity: twin.quantity,
            at: twin.at.0,
        }
    }
}
