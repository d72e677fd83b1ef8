//! Closed lists of words, each the twin of an inner enum.

use serde::{Deserialize, Serialize};
use usher_rules::{accounts, billing, calls, links, roles, seats, sessions, standing, tiers};
use utoipa::ToSchema;

/// A twin of an inner enum: the same variants, written in small letters.
macro_rules! words {
    ($($(#[$doc:meta])* $type:ident = $inner:ty { $($(#[$vdoc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$vdoc])* $variant),*
        }

        impl From<$inner> for $type {
            fn from(inner: $inner) -> Self {
                match inner {
                    $(<$inner>::$variant => $type::$variant),*
                }
            }
        }

        impl From<$type> for $inner {
            fn from(word: $type) -> Self {
                match word {
                    $($type::$variant => <$inner>::$variant),*
                }
            }
        }
    )*};
}

words! {
    /// What a user sits on: the base seat, or a Business or Business Pro upgrade on it.
    Tier = tiers::Tier { Base, Business, BusinessPro }

    /// A kind of seat.
    SeatKind = seats::SeatKind { DomainUser, Business, BusinessPro, SeatLicense }

    /// A thing that a seat unlocks.
    Feature = tiers::Feature {
        Proxy, Transcoding, Push, CallHistory, Recordings, Messages, Transcription, Assistant
    }

    /// A domain user's role. `admin`: users; `billing`: order and billing, no people;
    /// `support`: sees users; `member`: the own account only.
    Role = roles::Role { Admin, Billing, Support, Member }

    /// A permission of a member over the own account; `read_content` is one that an owner
    /// gives to an admin.
    Permission = roles::Permission {
        Account, Devices, Connections, History, Developer, ManageSubDomain, ReadContent
    }

    /// Something that an owner needs to operate a domain.
    Prerequisite = standing::Prerequisite { Tier, Billing, Identity, Permission }

    /// A domain's standing. `incomplete`: the prerequisites were never all met; `good`;
    /// `lapsed`: one was lost, nothing may grow; `frozen`: the grace time has passed too,
    /// users are back on `base`.
    State = standing::State { Incomplete, Good, Lapsed, Frozen }

    /// How far identity verification is.
    Identity = accounts::Identity { NotStarted, Pending, Verified, Failed }

    /// A call link's state. `used`: it was for one call, which was answered.
    LinkState = links::LinkState { Valid, Used, Expired, Revoked }

    /// How a domain pays. `manual`: by bank transfer.
    PaymentMethod = billing::PaymentMethod { Manual }

    /// Why a session ended. `logged_off`: by its user; `logged_out`: by an admin;
    /// `taken_over`: on another device; `automatic_log_off`: by the pool's clock; `silent`:
    /// the device was not heard of; `converted`, `pool_changed`: another license;
    /// `suspended`, `removed`, `moved`: with the user; `too_many_devices`: of a named user.
    EndReason = sessions::EndReason {
        LoggedOff, LoggedOut, TakenOver, AutomaticLogOff, Silent, Converted, PoolChanged,
        Suspended, Removed, Moved, TooManyDevices
    }

    /// Who began a call: the user made it, or received it.
    Direction = calls::Direction { Made, Received }

    /// How far a call is.
    Phase = calls::Phase { Ringing, Answered, Ended }

    /// When a smaller number of seats counts: at once, or from the end of the period.
    When = seats::When { Now, PeriodEnd }
}

/// A plan of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Free.
    Personal,
    /// Gives what a Business seat gives.
    Business,
    /// Gives what a Business Pro seat gives.
    BusinessPro,
}

impl From<tiers::Tier> for Plan {
    fn from(tier: tiers::Tier) -> Self {
        match tier {
            tiers::Tier::Base => Plan::Personal,
            tiers::Tier::Business => Plan::Business,
            tiers::Tier::BusinessPro => Plan::BusinessPro,
        }
    }
}

impl From<Plan> for tiers::Tier {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Personal => tiers::Tier::Base,
            Plan::Business => tiers::Tier::Business,
            Plan::BusinessPro => tiers::Tier::BusinessPro,
        }
    }
}

/// How a user comes by a seat. `named`: one of its own; `shared`: those of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LicenseModel {
    /// A seat of one's own.
    Named,
    /// The seats of a pool, one of them while logged in.
    Shared,
}

impl LicenseModel {
    /// The word for it in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LicenseModel::Named => "named",
            LicenseModel::Shared => "shared",
        }
    }
}

/// A domain user's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Holds its seats until the invitation expires.
    Invited,
    /// The invitation's time has passed.
    Expired,
    /// The invitation was declined.
    Declined,
    /// Joined.
    Active,
    /// Can do nothing and holds no seat.
    Suspended,
}

impl UserState {
    /// The word for it in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            UserState::Invited => "invited",
            UserState::Expired => "expired",
            UserState::Declined => "declined",
            UserState::Active => "active",
            UserState::Suspended => "suspended",
        }
    }
}

impl From<usher_rules::users::UserState> for UserState {
    fn from(state: usher_rules::users::UserState) -> Self {
        use usher_rules::users::UserState as Inner;
        match state {
            Inner::Invited { .. } => UserState::Invited,
            Inner::Expired => UserState::Expired,
            Inner::Declined => UserState::Declined,
            Inner::Active { .. } => UserState::Active,
            Inner::Suspended { .. } => UserState::Suspended,
        }
    }
}
