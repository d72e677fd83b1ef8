//! Looking at a snapshot as someone: who asks, and how they stand to a domain. Reads are
//! [`Look`]s; a use case's [`crate::Draft`] answers the same questions.

use std::sync::Arc;

use usher_rules::accounts::Account;
use usher_rules::roles::{Power, Rank};
use usher_rules::users::UserState;
use usher_rules::{DomainId, Entry, Refusal, Time, UserId};
use usher_store::load::DUE_OF_A_KIND;
use usher_store::records::{Token, TokenKind};
use usher_store::{Load, Snapshot};

use crate::desk::Failure;
use crate::sweep::Settle;
use crate::{App, Ask, limits};

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account, as it is in the snapshot.
    pub account: Account,
    /// The token that came along.
    pub token: Token,
}

/// A snapshot, seen by who asks.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What was loaded.
    pub snapshot: &'a Snapshot,
    /// Who asks.
    pub ask: &'a Ask,
}

impl View<'_> {
    /// Who asks. The token must have been loaded.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] without a token that is good now; [`Refusal::NotAllowed`]
    /// for a suspended user, who can do nothing (rule A7).
    pub fn caller(&self) -> Result<Caller, Refusal> {
        let world = &self.snapshot.world;
        let token = self
            .ask
            .token
            .and_then(|digest| self.snapshot.tokens.get(&digest))
            .filter(|token| token.expires_at > world.now)
            .filter(|token| matches!(token.kind, TokenKind::LogIn | TokenKind::Personal))
            .ok_or(Refusal::NotSignedIn)?;
        let account = *world.account(token.account)?;
        if let usher_rules::accounts::Place::Managed { domain, user } = account.place {
            let user = world.user(domain, user)?;
            if matches!(user.state, UserState::Suspended { .. }) {
                return Err(Refusal::NotAllowed);
            }
        }
        Ok(Caller {
            account,
            token: token.clone(),
        })
    }

    /// A trusted proxy, by a credential of its own, which nobody has revoked (rule F1).
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for someone who is signed in, [`Refusal::NotSignedIn`] for
    /// anyone else.
    pub fn proxy(&self) -> Result<(), Refusal> {
        let token = self.ask.token.and_then(|d| self.snapshot.tokens.get(&d));
        let good = |token: &Token| {
            token.kind == TokenKind::Proxy && token.expires_at > self.snapshot.world.now
        };
        if token.is_some_and(good) {
            return Ok(());
        }
        self.caller()?;
        Err(Refusal::NotAllowed)
    }

    /// How the caller stands to a domain.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for one who has nothing to do with it: that it exists is
    /// nobody else's business.
    pub fn rank(&self, domain: DomainId) -> Result<(Caller, Rank), Refusal> {
        let caller = self.caller()?;
        if caller.account.owns == Some(domain) {
            return Ok((caller, Rank::Owner));
        }
        let role = self.own_user(&caller, domain).and_then(|id| {
            let user = self.snapshot.world.user(domain, id).ok()?;
            matches!(user.state, UserState::Active { .. }).then_some(user.role)
        });
        match role {
            Some(role) => Ok((caller, Rank::User(role))),
            None => Err(Refusal::not_found("domain")),
        }
    }

    /// As which user of the domain the caller is managed.
    #[must_use]
    pub fn own_user(&self, caller: &Caller, domain: DomainId) -> Option<UserId> {
        match caller.account.place {
            usher_rules::accounts::Place::Managed { domain: by, user } if by == domain => {
                Some(user)
            }
            _ => None,
        }
    }

    /// The caller, who has this power in the domain.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for one of the domain who has not.
    pub fn authorise(&self, domain: DomainId, power: Power) -> Result<(Caller, Rank), Refusal> {
        let (caller, rank) = self.rank(domain)?;
        if rank.may(power) {
            Ok((caller, rank))
        } else {
            Err(Refusal::NotAllowed)
        }
    }

    /// The caller, who has this power in the domain or runs the server.
    ///
    /// # Errors
    /// As [`View::authorise`].
    pub fn authorise_or_operator(&self, domain: DomainId, power: Power) -> Result<(), Refusal> {
        if self.caller()?.account.operator {
            return Ok(());
        }
        self.authorise(domain, power).map(|_| ())
    }

    /// The caller, who runs the server.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for anyone else.
    pub fn operator(&self) -> Result<Caller, Refusal> {
        let caller = self.caller()?;
        if caller.account.operator {
            Ok(caller)
        } else {
            Err(Refusal::NotAllowed)
        }
    }
}

/// Something that is looked at and not changed.
pub trait Look: Clone + Send + Sync + 'static {
    /// What it gives.
    type Answer;
    /// What it must see, given what it has seen so far. Asked until nothing is added.
    fn needs(&self, seen: &Snapshot, load: &mut Load);
    /// What it sees.
    ///
    /// # Errors
    /// A refusal, for who may not see it or what is not there.
    fn see(&self, view: View<'_>) -> Result<Self::Answer, Refusal>;
}

impl App {
    /// Looks at the state of one moment after this call began; what is due by then has
    /// happened.
    ///
    /// # Errors
    /// The look's refusal, or a storage error.
    pub async fn look<L: Look>(&self, ask: &Ask, look: &L) -> Result<L::Answer, Failure> {
        self.look_settled(ask, look).await.map(|(seen, _)| seen)
    }

    /// Likewise, before rows of a domain's front desk are listed: what was due there is
    /// written down first, for a list knows nothing of it.
    pub(crate) async fn look_written<L: Look>(
        self: &Arc<Self>,
        ask: &Ask,
        look: &L,
        domain: DomainId,
    ) -> Result<L::Answer, Failure> {
        let (seen, settled) = self.look_settled(ask, look).await?;
        if !settled.is_empty() {
            self.do_now(Ask::default(), Settle(domain)).await?;
        }
        Ok(seen)
    }

    /// What is seen, and what had to be settled for it: it is not written down yet.
    pub(crate) async fn look_settled<L: Look>(
        &self,
        ask: &Ask,
        look: &L,
    ) -> Result<(L::Answer, Vec<Entry>), Failure> {
        let token = ask.account_token();
        let asked = look.clone();
        let snapshot = self.gather(move |seen, load| {
            load.tokens.extend(token);
            asked.needs(seen, load);
        });
        let mut snapshot = snapshot.await?;
        let settled = settle(&mut snapshot);
        let view = View {
            snapshot: &snapshot,
            ask,
        };
        Ok((look.see(view)?, settled))
    }

    /// Loads what is needed, given what was seen so far. Decisions of one head never go back in
    /// time, whatever the clocks of several processes say: a moment before the last decision is
    /// no moment to see, for what is due between the two would be missed.
    pub(crate) async fn gather(
        &self,
        needs: impl Fn(&Snapshot, &mut Load) + Send + Sync + 'static,
    ) -> Result<Snapshot, Failure> {
        let needs = Arc::new(needs);
        let mut not_before = Time::default();
        for _ in 0..limits::ATTEMPTS {
            let asked = needs.clone();
            let needs = move |seen: &Snapshot, load: &mut Load| {
                load.not_before = not_before;
                asked(seen, load);
            };
            let mut snapshot = self.kept.gather(&*self.store, Arc::new(needs)).await?;
            let latest = snapshot.heads.values().map(|head| head.at).max();
            if latest.is_none_or(|latest| latest <= snapshot.world.now) {
                snapshot.world.settings = self.settings.rules;
                return Ok(snapshot);
            }
            not_before = latest.unwrap_or_default();
        }
        Err(Failure::Busy)
    }
}

/// What is due has happened, for who looks: the sweep writes it down a moment later. Gives
/// what that was.
fn settle(snapshot: &mut Snapshot) -> Vec<Entry> {
    let world = &mut snapshot.world;
    let domains: Vec<DomainId> = world.domains.keys().copied().collect();
    let mut settled = Vec::new();
    for domain in domains {
        settled.extend(world.settle_loaded(domain, DUE_OF_A_KIND as usize));
    }
    settled.extend(world.follow_standing());
    settled.extend(world.follow_pools());
    settled
}

/// Shared by reference where a look outlives the request.
pub type SharedApp = Arc<App>;
