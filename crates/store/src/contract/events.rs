//! An event of each kind, every field of it set: what the journal has to keep, and what
//! the golden files were written from.

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
use usher_rules::{AccountId, DomainId, Event, Time, TokenId, UserId};

/// 2026-03-14T15:09:26.535897Z: a moment with microseconds.
const AT: Time = Time(1_773_500_966_535_897);
const USER: UserId = UserId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0b31,
));
const OTHER_USER: UserId = UserId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0b32,
));
const ACCOUNT: AccountId = AccountId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0a01,
));
const OTHER_ACCOUNT: AccountId = AccountId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0a02,
));
const DOMAIN: DomainId = DomainId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0d01,
));
const OTHER_DOMAIN: DomainId = DomainId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0d02,
));
const TOKEN: TokenId = TokenId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0701,
));
const POOL: PoolId = PoolId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0501,
));
const SESSION: SessionId = SessionId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0601,
));
const CALL: CallId = CallId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0801,
));
const LINK: LinkId = LinkId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0901,
));
const TEAM: TeamId = TeamId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0e01,
));
const CONTACT: ContactId = ContactId(uuid::Uuid::from_u128(
    0x0190_7c3f_9a61_7e21_8f2a_0d6e_58c1_0b41,
));
/// The digest of an empty device id: every byte of it differs in place and value.
const DEVICE: DeviceKey = DeviceKey([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// One event of each kind.
#[must_use]
pub fn one_of_each() -> Vec<Event> {
    [
        domain_events(),
        seat_events(),
        invitation_events(),
        user_events(),
        pool_events(),
        session_events(),
        call_events(),
        link_events(),
        waiting_events(),
        team_events(),
        contact_events(),
        account_events(),
    ]
    .concat()
}

fn start() -> Start {
    Start {
        license: License::Named {
            tier: Tier::BusinessPro,
        },
        role: Role::Support,
        permissions: Permissions::default().with(Permission::ManageSubDomain),
        features_off: Features::default()
            .with(Feature::Recordings)
            .with(Feature::Assistant),
    }
}

fn domain_events() -> Vec<Event> {
    vec![
        Event::DomainOpened {
            owner: ACCOUNT,
            parent: Some((OTHER_DOMAIN, USER)),
            root: OTHER_DOMAIN,
        },
        Event::DomainDetailsChanged,
        Event::BillingActivated {
            billing: Billing {
                currency: Currency::EUR,
                zone: Zone::from_name("Europe/Berlin").unwrap_or(Zone::utc()),
                method: PaymentMethod::Manual,
                activated_by: ACCOUNT,
            },
        },
        Event::OwnerChanged {
            from: ACCOUNT,
            to: OTHER_ACCOUNT,
            parent: Some((OTHER_DOMAIN, OTHER_USER)),
        },
        Event::ParentChanged {
            from: (DOMAIN, USER),
            to: (OTHER_DOMAIN, USER),
        },
        Event::DomainClosed,
        Event::TreeChanged { domain: DOMAIN },
        Event::PrerequisitesMet,
        Event::PrerequisiteLost {
            missing: Prerequisite::ALL.to_vec(),
            at: AT,
        },
        Event::StandingNoted {
            from: State::Good,
            to: State::Lapsed,
            until: Some(AT),
        },
        Event::PricesSet {
            version: 3,
            from: AT,
        },
        Event::KeysRotated,
    ]
}

fn seat_events() -> Vec<Event> {
    vec![
        Event::OrderChanged {
            kind: SeatKind::BusinessPro,
            from: 2,
            to: 10_000_000,
            price_book: 3,
        },
        Event::DecreaseScheduled {
            kind: SeatKind::DomainUser,
            scheduled: Scheduled {
                quantity: 5,
                at: AT,
            },
        },
        Event::ScheduleCancelled {
            kind: SeatKind::DomainUser,
        },
        Event::DecreaseDone {
            kind: SeatKind::Business,
            from: 9,
            to: 7,
            wanted: 5,
        },
        Event::FewSeatsLeft {
            kind: SeatKind::SeatLicense,
            left: 1,
        },
    ]
}

fn invitation_events() -> Vec<Event> {
    vec![
        Event::UserInvited {
            user: USER,
            start: start(),
            expires_at: AT,
        },
        Event::InvitationResent {
            user: USER,
            expires_at: AT,
        },
        Event::InvitationAccepted {
            user: USER,
            account: ACCOUNT,
        },
        Event::InvitationDeclined { user: USER },
        Event::InvitationExpired { user: USER },
    ]
}

fn user_events() -> Vec<Event> {
    vec![
        Event::UserAdded {
            user: USER,
            account: ACCOUNT,
            start: start(),
        },
        Event::LicenseChanged {
            user: USER,
            from: License::Named { tier: Tier::Base },
            to: License::Named {
                tier: Tier::Business,
            },
        },
        Event::FeaturesOffChanged {
            user: USER,
            from: Features::default(),
            to: Feature::ALL.into_iter().collect(),
        },
        Event::RoleChanged {
            user: USER,
            from: Role::Member,
            to: Role::Admin,
        },
        Event::PermissionsChanged {
            user: USER,
            from: Permissions::NONE,
            to: Permission::ALL.into_iter().collect(),
        },
        Event::UserDetailsChanged { user: USER },
        Event::UserSuspended { user: USER },
        Event::UserRestored { user: USER },
        Event::UserRemoved { user: USER },
        Event::UserMovedOut {
            user: USER,
            to: OTHER_DOMAIN,
        },
        Event::UserMovedIn {
            user: USER,
            from: DOMAIN,
            account: ACCOUNT,
            start: start(),
            owns: Some(OTHER_DOMAIN),
        },
        Event::SubDomainChanged {
            user: USER,
            from: Some(DOMAIN),
            to: None,
        },
    ]
}

fn pool_events() -> Vec<Event> {
    let settings = PoolSettings {
        seats: 5,
        tier: Tier::Business,
        log_off_seconds: Some(3600),
        silence_seconds: Some(300),
        notice_seconds: Some(60),
        link_cap_seconds: 86_400,
        waiting_list: true,
    };
    vec![
        Event::PoolMade {
            pool: POOL,
            settings,
        },
        Event::PoolChanged {
            pool: POOL,
            from: settings,
            to: PoolSettings::default(),
        },
        Event::PoolDetailsChanged { pool: POOL },
        Event::PoolDeleted { pool: POOL },
        Event::ReservationChanged {
            user: USER,
            pool: POOL,
            from: false,
            to: true,
        },
    ]
}

fn session_events() -> Vec<Event> {
    vec![
        Event::SessionStarted {
            session: SESSION,
            user: USER,
            pool: Some(POOL),
            device: DEVICE,
            links_until: Some(AT),
            occupied: 2,
        },
        Event::SessionEnded {
            session: SESSION,
            user: USER,
            pool: Some(POOL),
            reason: EndReason::LoggedOut,
            by: Some(ACCOUNT),
            started_at: AT,
            occupied: 1,
        },
        Event::LogInRefused {
            user: USER,
            pool: POOL,
        },
        Event::LogOutAfterCall {
            session: SESSION,
            user: USER,
            by: ACCOUNT,
        },
        Event::LogOffNear {
            session: SESSION,
            user: USER,
            log_off_at: AT,
        },
        Event::SessionRenewed {
            session: SESSION,
            user: USER,
        },
    ]
}

fn call_events() -> Vec<Event> {
    let (call, session, user) = (CALL, SESSION, USER);
    vec![
        Event::CallStarted {
            call,
            session,
            user,
            direction: Direction::Received,
            link: Some(LINK),
        },
        Event::CallAnswered {
            call,
            session,
            user,
        },
        Event::CallEnded {
            call,
            session,
            user,
            why: CallEnd::Reported,
        },
    ]
}

fn link_events() -> Vec<Event> {
    vec![
        Event::LinkMade {
            link: LINK,
            user: USER,
            valid_until: AT,
            one_call: true,
        },
        Event::LinkUsed {
            link: LINK,
            user: USER,
            call: CALL,
            left_until: Some(AT),
        },
        Event::LinkRevoked {
            link: LINK,
            user: USER,
            left_until: Some(AT),
        },
        Event::LinkRenewed {
            link: LINK,
            user: USER,
        },
    ]
}

fn waiting_events() -> Vec<Event> {
    let (user, pool) = (USER, POOL);
    vec![
        Event::WaitingJoined {
            user,
            pool,
            place: 7,
        },
        Event::WaitingLeft { user, pool },
        Event::OfferMade {
            user,
            pool,
            until: AT,
        },
        Event::OfferLapsed { user, pool },
    ]
}

fn team_events() -> Vec<Event> {
    let (team, user) = (TEAM, USER);
    vec![
        Event::TeamMade { team },
        Event::TeamDetailsChanged { team },
        Event::TeamDeleted { team },
        Event::TeamJoined { team, user },
        Event::TeamLeft { team, user },
    ]
}

fn contact_events() -> Vec<Event> {
    let (contact, user) = (CONTACT, USER);
    vec![
        Event::ContactAdded { user, contact },
        Event::ContactRemoved { user, contact },
    ]
}

fn account_events() -> Vec<Event> {
    vec![
        Event::AccountMade { operator: true },
        Event::AccountDetailsChanged {
            what: AccountDetail::SecondFactor,
        },
        Event::PlanChanged {
            from: Tier::Base,
            to: Tier::BusinessPro,
        },
        Event::IdentityChanged {
            from: Identity::Pending,
            to: Identity::Verified,
        },
        Event::Joined {
            domain: DOMAIN,
            user: USER,
        },
        Event::Left {
            domain: DOMAIN,
            user: USER,
        },
        Event::OwnsChanged {
            from: None,
            to: Some(DOMAIN),
        },
        Event::TokenMade { token: TOKEN },
        Event::TokenRenewed { token: TOKEN },
        Event::TokenRevoked { token: TOKEN },
    ]
}
