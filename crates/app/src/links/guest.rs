//! A call link as the guest has it, who is nobody here: the link's token says it all (rule
//! F2).

use std::sync::Arc;

use usher_rules::calls::Phase;
use usher_rules::links::{self, CallLink, LinkState};
use usher_rules::{CallId, DomainId, Head, Refusal, Time, World};
use usher_store::records::Digest;
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, secrets};

/// A guest's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestCall {
    /// Which.
    pub call: CallId,
    /// How far it is.
    pub phase: Phase,
}

/// A call link, as who holds its token sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestView {
    /// What the guest is called.
    pub guest_name: String,
    /// Whom the guest calls; none, when the user is gone.
    pub user_name: Option<String>,
    /// Whether it is valid, and if not, why.
    pub state: LinkState,
    /// Whether the first answered call uses it up.
    pub one_call: bool,
    /// The first moment at which it is no longer valid by time.
    pub valid_until: Time,
    /// Whether the user is logged in now; of no concern to who has a link that isn't valid.
    pub logged_in: Option<bool>,
    /// The call that was asked about, if it came by this link.
    pub call: Option<GuestCall>,
}

/// The link of a token, with whose it is.
fn link_of<'a>(seen: &'a Snapshot, digest: &Digest) -> Option<&'a CallLink> {
    seen.world.links.get(&seen.link_by_token(digest)?)
}

/// Loads the link, and all that stands at the desk for its user.
fn needs_link(seen: &Snapshot, load: &mut Load, digest: &Digest) {
    load.link_tokens.insert(*digest);
    if let Some(link) = link_of(seen, digest) {
        load.domains.insert(link.domain);
        load.desks.insert((link.domain, link.user));
    }
}

/// Looks at a call link by its token.
#[derive(Debug, Clone, Copy)]
pub struct SeeCallLink {
    /// Digest of the token.
    pub digest: Digest,
    /// The call that is asked about.
    pub call: Option<CallId>,
}

impl Look for SeeCallLink {
    type Answer = GuestView;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_link(seen, load, &self.digest);
        if let Some(link) = link_of(seen, &self.digest) {
            load.people.insert((link.domain, link.user));
            load.calls.extend(self.call.map(|call| (link.domain, call)));
        }
    }

    fn see(&self, view: View<'_>) -> Result<GuestView, Refusal> {
        let (seen, world) = (view.snapshot, &view.snapshot.world);
        let unknown = Refusal::not_found("call link");
        let link = link_of(seen, &self.digest).ok_or(unknown.clone())?;
        let record = seen.link_records.get(&(link.domain, link.id));
        let person = seen.people.get(&(link.domain, link.user));
        let state = link.state(world.now);
        let logged_in = || world.sessions_of(link.domain, link.user).next().is_some();
        let call = self.call.and_then(|call| {
            let phase = phase_of(world, link, call)?;
            Some(GuestCall { call, phase })
        });
        Ok(GuestView {
            guest_name: record.ok_or(unknown)?.guest.clone(),
            user_name: person.map(|person| person.name.clone()),
            state,
            one_call: link.one_call,
            valid_until: link.valid_until,
            logged_in: (state == LinkState::Valid).then(logged_in),
            call,
        })
    }
}

/// How far a call by this link is. Of one that is over nothing is kept but whose it was.
fn phase_of(world: &World, link: &CallLink, call: CallId) -> Option<Phase> {
    if let Some(ended) = world.ended_calls.get(&(link.domain, call)) {
        return (ended.user == link.user).then_some(Phase::Ended);
    }
    let mut sessions = world.sessions_of(link.domain, link.user);
    let own = sessions.find_map(|session| session.call.filter(|own| own.id == call))?;
    let phase = own.answered_at.map_or(Phase::Ringing, |_| Phase::Answered);
    (own.link == Some(link.id)).then_some(phase)
}

/// A guest calls: it rings on the user's device, which the journal tells.
#[derive(Debug, Clone, Copy)]
pub struct CallByLink {
    domain: DomainId,
    digest: Digest,
}

impl UseCase for CallByLink {
    type Answer = GuestCall;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_link(seen, load, &self.digest);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<GuestCall, Refusal> {
        let link = link_of(draft.snapshot(), &self.digest);
        let link = *link.ok_or(Refusal::not_found("call link"))?;
        let phase = Phase::Ringing;
        if let Some(call) = draft.world().ringing_by(&link) {
            return Ok(GuestCall { call, phase });
        }
        let call = CallId(draft.id());
        let rings = links::ring(draft.world(), link.domain, link.id, call)?;
        draft.happen(rings);
        Ok(GuestCall { call, phase })
    }
}

/// Where a token's link belongs.
#[derive(Clone)]
struct Find(Digest);

impl Look for Find {
    type Answer = DomainId;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.link_tokens.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<DomainId, Refusal> {
        let link = link_of(view.snapshot, &self.0);
        let link = link.ok_or(Refusal::not_found("call link"))?;
        Ok(link.domain)
    }
}

impl App {
    /// The call link with this token, in whatever state; and a call by it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a token of no link; storage errors.
    pub async fn call_link(&self, token: &str, call: Option<CallId>) -> Result<GuestView, Failure> {
        let digest = secrets::digest(token);
        let look = SeeCallLink { digest, call };
        self.look(&Ask::default(), &look).await
    }

    async fn call_by(&self, token: &str) -> Result<CallByLink, Failure> {
        let digest = secrets::digest(token);
        let domain = self.look(&Ask::default(), &Find(digest)).await?;
        Ok(CallByLink { domain, digest })
    }

    /// A guest calls by a link. While the call rings, asking again gives the same call.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a token of no link; storage errors.
    pub async fn call_by_link(
        self: &Arc<Self>,
        ask: Ask,
        token: &str,
        render: impl Fn(Result<&GuestCall, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let case = self.call_by(token).await?;
        self.run(ask, case, render).await
    }

    /// Likewise, for a page of ours, which shows what became of it in its own way.
    ///
    /// # Errors
    /// The refusal, or a storage error.
    pub async fn call_by_page(
        self: &Arc<Self>,
        ask: Ask,
        token: &str,
    ) -> Result<GuestCall, Failure> {
        let case = self.call_by(token).await?;
        self.do_now(ask, case).await
    }
}
