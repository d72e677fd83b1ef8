//! The journal's payload: events as JSON, one kind per event, and its version in the kind.
//!
//! What was written once can be read for ever: golden files hold every kind as it was
//! first written. A kind that comes to need other fields gets a new word
//! (`license_changed.2`), and the row of the former stays in the table below to be read;
//! a word without a number is version 1, so that what is written most stays short.
//!
//! Ids are in their text form, states and sets are words, times RFC 3339: a payload is fit
//! to be shown as it is. The serde twins of the rules' types are in `twins`.

mod prices;
mod twins;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use usher_rules::Event;
use usher_rules::accounts::Identity;
use usher_rules::billing::Billing;
use usher_rules::calls::{CallEnd, Direction};
use usher_rules::event::{AccountDetail, Start};
use usher_rules::ids::{CallId, ContactId, DeviceKey, LinkId, PoolId, SessionId, TeamId};
use usher_rules::pools::PoolSettings;
use usher_rules::roles::{Permissions, Role};
use usher_rules::seats::{Scheduled, SeatKind};
use usher_rules::sessions::EndReason;
use usher_rules::standing::{Prerequisite, State};
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::License;
use usher_rules::{AccountId, DomainId, Time, TokenId, UserId};

use crate::{Error, Result};
pub use prices::{decode_prices, encode_prices};
use twins::{HasTwin, TwinOf};

/// An event as JSON, for whoever shows it: its kind, and its fields as an object.
#[must_use]
pub fn to_value(event: &Event) -> (&'static str, serde_json::Value) {
    let (kind, payload) = encode(event);
    let value = serde_json::from_str(&payload).unwrap_or_default();
    (kind, value)
}

fn write<T: Serialize>(twin: &T) -> String {
    // A struct of texts and numbers always has a JSON form.
    serde_json::to_string(twin).unwrap_or_default()
}

fn read<T: DeserializeOwned>(kind: &str, payload: &str) -> Result<T> {
    serde_json::from_str(payload)
        .map_err(|error| Error::inconsistent("journal", format!("{kind}: {error}")))
}

/// From the table of kinds: a twin struct per event, and both directions between them.
/// The compiler refuses an event that has no row.
macro_rules! kinds {
    ($($kind:literal $event:ident { $($field:ident: $type:ty),* })*) => {
        /// The words of all kinds.
        pub const KINDS: &[&str] = &[$($kind),*];

        $(
            #[derive(Serialize, Deserialize)]
            struct $event { $($field: TwinOf<$type>),* }
        )*

        /// An event's kind and its payload.
        #[must_use]
        pub fn encode(event: &Event) -> (&'static str, String) {
            match event {
                $(Event::$event { $($field),* } => {
                    ($kind, write(&$event { $($field: HasTwin::twin($field)),* }))
                })*
            }
        }

        /// The event of this kind and payload.
        ///
        /// # Errors
        /// [`Error::Inconsistent`] for what no version ever wrote.
        pub fn decode(kind: &str, payload: &str) -> Result<Event> {
            match kind {
                $($kind => {
                    let $event { $($field),* } = read(kind, payload)?;
                    Ok(Event::$event { $($field: HasTwin::back($field)),* })
                })*
                _ => Err(Error::inconsistent("journal", format!("unknown kind {kind:?}"))),
            }
        }
    };
}

kinds! {
    "domain_opened" DomainOpened {
        owner: AccountId, parent: Option<(DomainId, UserId)>, root: DomainId
    }
    "domain_details_changed" DomainDetailsChanged {}
    "billing_activated" BillingActivated { billing: Billing }
    "owner_changed" OwnerChanged {
        from: AccountId, to: AccountId, parent: Option<(DomainId, UserId)>
    }
    "parent_changed" ParentChanged { from: (DomainId, UserId), to: (DomainId, UserId) }
    "domain_closed" DomainClosed {}
    "tree_changed" TreeChanged { domain: DomainId }

    "order_changed" OrderChanged { kind: SeatKind, from: u32, to: u32, price_book: u32 }
    "decrease_scheduled" DecreaseScheduled { kind: SeatKind, scheduled: Scheduled }
    "schedule_cancelled" ScheduleCancelled { kind: SeatKind }
    "decrease_done" DecreaseDone { kind: SeatKind, from: u32, to: u32, wanted: u32 }
    "few_seats_left" FewSeatsLeft { kind: SeatKind, left: u32 }

    "prerequisites_met" PrerequisitesMet {}
    "prerequisite_lost" PrerequisiteLost { missing: Vec<Prerequisite>, at: Time }
    "standing_noted" StandingNoted { from: State, to: State, until: Option<Time> }

    "user_invited" UserInvited { user: UserId, start: Start, expires_at: Time }
    "invitation_resent" InvitationResent { user: UserId, expires_at: Time }
    "invitation_accepted" InvitationAccepted { user: UserId, account: AccountId }
    "invitation_declined" InvitationDeclined { user: UserId }
    "invitation_expired" InvitationExpired { user: UserId }
    "user_added" UserAdded { user: UserId, account: AccountId, start: Start }
    "license_changed" LicenseChanged { user: UserId, from: License, to: License }
    "features_off_changed" FeaturesOffChanged { user: UserId, from: Features, to: Features }
    "role_changed" RoleChanged { user: UserId, from: Role, to: Role }
    "permissions_changed" PermissionsChanged {
        user: UserId, from: Permissions, to: Permissions
    }
    "user_details_changed" UserDetailsChanged { user: UserId }
    "user_suspended" UserSuspended { user: UserId }
    "user_restored" UserRestored { user: UserId }
    "user_removed" UserRemoved { user: UserId }
    "user_moved_out" UserMovedOut { user: UserId, to: DomainId }
    "user_moved_in" UserMovedIn {
        user: UserId, from: DomainId, account: AccountId, start: Start, owns: Option<DomainId>
    }
    "sub_domain_changed" SubDomainChanged {
        user: UserId, from: Option<DomainId>, to: Option<DomainId>
    }

    "pool_made" PoolMade { pool: PoolId, settings: PoolSettings }
    "pool_changed" PoolChanged { pool: PoolId, from: PoolSettings, to: PoolSettings }
    "pool_details_changed" PoolDetailsChanged { pool: PoolId }
    "pool_deleted" PoolDeleted { pool: PoolId }
    "reservation_changed" ReservationChanged {
        user: UserId, pool: PoolId, from: bool, to: bool
    }

    "session_started" SessionStarted {
        session: SessionId, user: UserId, pool: Option<PoolId>, device: DeviceKey,
        links_until: Option<Time>, occupied: u32
    }
    "session_ended" SessionEnded {
        session: SessionId, user: UserId, pool: Option<PoolId>, reason: EndReason,
        by: Option<AccountId>, started_at: Time, occupied: u32
    }
    "log_in_refused" LogInRefused { user: UserId, pool: PoolId }
    "log_out_after_call" LogOutAfterCall { session: SessionId, user: UserId, by: AccountId }
    "log_off_near" LogOffNear { session: SessionId, user: UserId, log_off_at: Time }
    "session_renewed" SessionRenewed { session: SessionId, user: UserId }

    "call_started" CallStarted {
        call: CallId, session: SessionId, user: UserId, direction: Direction,
        link: Option<LinkId>
    }
    "call_answered" CallAnswered { call: CallId, session: SessionId, user: UserId }
    "call_ended" CallEnded { call: CallId, session: SessionId, user: UserId, why: CallEnd }

    "link_made" LinkMade { link: LinkId, user: UserId, valid_until: Time, one_call: bool }
    "link_used" LinkUsed {
        link: LinkId, user: UserId, call: CallId, left_until: Option<Time>
    }
    "link_revoked" LinkRevoked { link: LinkId, user: UserId, left_until: Option<Time> }
    "link_renewed" LinkRenewed { link: LinkId, user: UserId }

    "waiting_joined" WaitingJoined { user: UserId, pool: PoolId, place: u64 }
    "waiting_left" WaitingLeft { user: UserId, pool: PoolId }
    "offer_made" OfferMade { user: UserId, pool: PoolId, until: Time }
    "offer_lapsed" OfferLapsed { user: UserId, pool: PoolId }

    "team_made" TeamMade { team: TeamId }
    "team_details_changed" TeamDetailsChanged { team: TeamId }
    "team_deleted" TeamDeleted { team: TeamId }
    "team_joined" TeamJoined { team: TeamId, user: UserId }
    "team_left" TeamLeft { team: TeamId, user: UserId }

    "contact_added" ContactAdded { user: UserId, contact: ContactId }
    "contact_removed" ContactRemoved { user: UserId, contact: ContactId }

    "account_made" AccountMade { operator: bool }
    "account_details_changed" AccountDetailsChanged { what: AccountDetail }
    "plan_changed" PlanChanged { from: Tier, to: Tier }
    "identity_changed" IdentityChanged { from: Identity, to: Identity }
    "joined" Joined { domain: DomainId, user: UserId }
    "left" Left { domain: DomainId, user: UserId }
    "owns_changed" OwnsChanged { from: Option<DomainId>, to: Option<DomainId> }
    "token_made" TokenMade { token: TokenId }
    "token_renewed" TokenRenewed { token: TokenId }
    "token_revoked" TokenRevoked { token: TokenId }

    "prices_set" PricesSet { version: u32, from: Time }
    "keys_rotated" KeysRotated {}
}
