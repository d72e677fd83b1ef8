//! Events: what happened, as the journal keeps it (rule J1). Ids, numbers and states;
//! never people's words. Applying them is [`crate::World::apply`].

use crate::accounts::Identity;
use crate::billing::Billing;
use crate::calls::{CallEnd, Direction};
use crate::ids::{
    AccountId, CallId, ContactId, DeviceKey, DomainId, Head, LinkId, PoolId, SessionId, TeamId,
    TokenId, UserId,
};
use crate::pools::PoolSettings;
use crate::roles::{Permissions, Role};
use crate::seats::{Scheduled, SeatKind};
use crate::sessions::EndReason;
use crate::standing::{Prerequisite, State};
use crate::tiers::{Features, Tier};
use crate::time::Time;
use crate::users::License;

/// One line of a journal before it has a sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose journal.
    pub head: Head,
    /// When it takes effect: the time of the decision, or an earlier due time.
    pub at: Time,
    /// What happened.
    pub event: Event,
}

impl Entry {
    /// Something that happens now.
    #[must_use]
    pub fn now(head: Head, event: Event, now: Time) -> Entry {
        Entry {
            head,
            at: now,
            event,
        }
    }
}

/// What a new domain user starts with; travels with an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// License and tier.
    pub license: License,
    /// Role in the domain.
    pub role: Role,
    /// Permissions over the own account.
    pub permissions: Permissions,
    /// Features that are switched off.
    pub features_off: Features,
}

/// What happened. Before and after where something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are the words of their types
pub enum Event {
    // In a domain's journal: the domain itself.
    /// A domain was made.
    DomainOpened {
        owner: AccountId,
        parent: Option<(DomainId, UserId)>,
        root: DomainId,
    },
    /// Name or billing name and e-mail changed.
    DomainDetailsChanged,
    /// Billing was activated or changed.
    BillingActivated { billing: Billing },
    /// The domain has another owner.
    OwnerChanged {
        from: AccountId,
        to: AccountId,
        parent: Option<(DomainId, UserId)>,
    },
    /// Its owner moved: the domain hangs below another one now.
    ParentChanged {
        from: (DomainId, UserId),
        to: (DomainId, UserId),
    },
    /// The domain was closed, empty.
    DomainClosed,
    /// A domain of this tree was moved; in the root's journal, so that two moves can't
    /// make a circle together.
    TreeChanged { domain: DomainId },

    // Seats.
    /// The order of one kind changed.
    OrderChanged {
        kind: SeatKind,
        from: u32,
        to: u32,
        price_book: u32,
    },
    /// A decrease waits for the end of the period.
    DecreaseScheduled {
        kind: SeatKind,
        scheduled: Scheduled,
    },
    /// It was replaced or given up.
    ScheduleCancelled { kind: SeatKind },
    /// It took effect, clamped to what is in use.
    DecreaseDone {
        kind: SeatKind,
        from: u32,
        to: u32,
        wanted: u32,
    },
    /// Few seats of a kind are left.
    FewSeatsLeft { kind: SeatKind, left: u32 },

    // Standing.
    /// All prerequisites hold, for the first time or again.
    PrerequisitesMet,
    /// A prerequisite was lost.
    PrerequisiteLost {
        missing: Vec<Prerequisite>,
        at: Time,
    },
    /// The domain is in another state.
    StandingNoted {
        from: State,
        to: State,
        until: Option<Time>,
    },

    // Domain users.
    /// A user was invited.
    UserInvited {
        user: UserId,
        start: Start,
        expires_at: Time,
    },
    /// The invitation was sent again.
    InvitationResent { user: UserId, expires_at: Time },
    /// It was accepted.
    InvitationAccepted { user: UserId, account: AccountId },
    /// It was declined.
    InvitationDeclined { user: UserId },
    /// Its time has passed.
    InvitationExpired { user: UserId },
    /// A user was added directly.
    UserAdded {
        user: UserId,
        account: AccountId,
        start: Start,
    },
    /// License or tier changed.
    LicenseChanged {
        user: UserId,
        from: License,
        to: License,
    },
    /// What admins switched off changed.
    FeaturesOffChanged {
        user: UserId,
        from: Features,
        to: Features,
    },
    /// The role changed.
    RoleChanged { user: UserId, from: Role, to: Role },
    /// Permissions changed.
    PermissionsChanged {
        user: UserId,
        from: Permissions,
        to: Permissions,
    },
    /// Name, description, e-mail or external id changed.
    UserDetailsChanged { user: UserId },
    /// The user was suspended and its seats are free.
    UserSuspended { user: UserId },
    /// The user is back and took seats anew.
    UserRestored { user: UserId },
    /// The user is gone and its seats are free.
    UserRemoved { user: UserId },
    /// The user left for another domain of the tree.
    UserMovedOut { user: UserId, to: DomainId },
    /// The user came from another domain of the tree.
    UserMovedIn {
        user: UserId,
        from: DomainId,
        account: AccountId,
        start: Start,
        owns: Option<DomainId>,
    },
    /// What the user owns below changed.
    SubDomainChanged {
        user: UserId,
        from: Option<DomainId>,
        to: Option<DomainId>,
    },

    // Seat pools.
    /// A pool was made.
    PoolMade {
        pool: PoolId,
        settings: PoolSettings,
    },
    /// Seats, tier, log-off or another setting changed.
    PoolChanged {
        pool: PoolId,
        from: PoolSettings,
        to: PoolSettings,
    },
    /// Its name changed.
    PoolDetailsChanged { pool: PoolId },
    /// The pool is gone.
    PoolDeleted { pool: PoolId },
    /// A seat of the pool is reserved for the user, or no longer is.
    ReservationChanged {
        user: UserId,
        pool: PoolId,
        from: bool,
        to: bool,
    },

    // Sessions.
    /// A user logged in. `occupied` is how many seats of the pool are, with this one; a
    /// named user's session has no pool. `links_until` is when the last valid call link of
    /// the user ends.
    SessionStarted {
        session: SessionId,
        user: UserId,
        pool: Option<PoolId>,
        device: DeviceKey,
        links_until: Option<Time>,
        occupied: u32,
    },
    /// A session ended: why, by whom (none for what time brought about), and how many seats
    /// of the pool are still occupied.
    SessionEnded {
        session: SessionId,
        user: UserId,
        pool: Option<PoolId>,
        reason: EndReason,
        by: Option<AccountId>,
        started_at: Time,
        occupied: u32,
    },
    /// A log-in was refused: no seat of the pool was free.
    LogInRefused { user: UserId, pool: PoolId },
    /// The session ends when its call does.
    LogOutAfterCall {
        session: SessionId,
        user: UserId,
        by: AccountId,
    },
    /// The notice before the automatic log-off.
    LogOffNear {
        session: SessionId,
        user: UserId,
        log_off_at: Time,
    },

    /// The session goes on by another token: the former one is void.
    SessionRenewed { session: SessionId, user: UserId },

    // Calls.
    /// A call rings.
    CallStarted {
        call: CallId,
        session: SessionId,
        user: UserId,
        direction: Direction,
        link: Option<LinkId>,
    },
    /// It was answered.
    CallAnswered {
        call: CallId,
        session: SessionId,
        user: UserId,
    },
    /// It ended.
    CallEnded {
        call: CallId,
        session: SessionId,
        user: UserId,
        why: CallEnd,
    },

    // Call links. `left_until` is when the last of the user's other valid links ends.
    /// A call link was made.
    LinkMade {
        link: LinkId,
        user: UserId,
        valid_until: Time,
        one_call: bool,
    },
    /// The one call that it was for was answered.
    LinkUsed {
        link: LinkId,
        user: UserId,
        call: CallId,
        left_until: Option<Time>,
    },
    /// It was revoked.
    LinkRevoked {
        link: LinkId,
        user: UserId,
        left_until: Option<Time>,
    },

    /// It is found by another token: the former address is void.
    LinkRenewed { link: LinkId, user: UserId },

    // Waiting lists.
    /// A user waits for a seat; who has the lower place was first.
    WaitingJoined {
        user: UserId,
        pool: PoolId,
        place: u64,
    },
    /// The user no longer waits.
    WaitingLeft { user: UserId, pool: PoolId },
    /// A free seat is held for the user.
    OfferMade {
        user: UserId,
        pool: PoolId,
        until: Time,
    },
    /// The user didn't take it in time, and no longer waits.
    OfferLapsed { user: UserId, pool: PoolId },

    // Teams.
    /// A team was made.
    TeamMade { team: TeamId },
    /// Its name changed.
    TeamDetailsChanged { team: TeamId },
    /// The team is gone.
    TeamDeleted { team: TeamId },
    /// A user is in the team.
    TeamJoined { team: TeamId, user: UserId },
    /// A user is no longer in it.
    TeamLeft { team: TeamId, user: UserId },

    // Contacts that users add.
    /// A user added someone to the own contact list.
    ContactAdded { user: UserId, contact: ContactId },
    /// The user took it off that list.
    ContactRemoved { user: UserId, contact: ContactId },

    // In an account's journal.
    /// An account was made.
    AccountMade { operator: bool },
    /// Name, e-mail, password or second factor changed.
    AccountDetailsChanged { what: AccountDetail },
    /// Another own plan.
    PlanChanged { from: Tier, to: Tier },
    /// Verification went on.
    IdentityChanged { from: Identity, to: Identity },
    /// The account became a domain user; its own plan ended.
    Joined { domain: DomainId, user: UserId },
    /// The account is a Personal one again.
    Left { domain: DomainId, user: UserId },
    /// What the account owns changed.
    OwnsChanged {
        from: Option<DomainId>,
        to: Option<DomainId>,
    },
    /// A token was made: a log-in or a personal access token.
    TokenMade { token: TokenId },
    /// A token's secret was replaced: the former one is void.
    TokenRenewed { token: TokenId },
    /// A token was ended.
    TokenRevoked { token: TokenId },

    // In the system's journal.
    /// There is a new price book.
    PricesSet { version: u32, from: Time },
    /// The keys that sign entitlement tokens changed.
    KeysRotated,
}

/// What of an account's record changed; the words themselves stay in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountDetail {
    /// The person's name.
    Name,
    /// The password.
    Password,
    /// The second factor.
    SecondFactor,
}

impl AccountDetail {
    /// All details.
    pub const ALL: [AccountDetail; 3] = [
        AccountDetail::Name,
        AccountDetail::Password,
        AccountDetail::SecondFactor,
    ];

    /// The word for it in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AccountDetail::Name => "name",
            AccountDetail::Password => "password",
            AccountDetail::SecondFactor => "second_factor",
        }
    }

    /// The detail of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<AccountDetail> {
        AccountDetail::ALL.into_iter().find(|d| d.name() == name)
    }
}
