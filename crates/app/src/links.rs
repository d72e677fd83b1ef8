//! Call links: the user's side (rule F2). The guest's is [`guest`].

pub mod guest;

use usher_rules::{DomainId, Head, LinkId, Refusal, Time, TokenId, UserId, links};
use usher_store::lists::{LinkLine, Page};
use usher_store::records::LinkRecord;
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::{App, Ask};

/// A call link that was made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Where the guest goes; shown once.
    pub url: String,
    /// What is kept of it.
    pub line: LinkLine,
    /// The moment at which it is looked at.
    pub now: Time,
}

/// What a command about a user's links must see: the links that are valid and the sessions,
/// whose clocks stand still while one is (rule E6).
fn needs_links(load: &mut Load, domain: DomainId, user: UserId) {
    load.domains.insert(domain);
    load.desks.insert((domain, user));
}

fn line(draft: &Draft<'_>, domain: DomainId, link: LinkId) -> Result<LinkLine, Refusal> {
    let record = draft.snapshot().link_records.get(&(domain, link));
    Ok(LinkLine {
        link: *draft.world().link(domain, link)?,
        record: record.ok_or(Refusal::not_found("call link"))?.clone(),
    })
}

/// Gives a link a secret, and with it an address; a former one is void.
fn addressed(draft: &mut Draft<'_>, domain: DomainId, link: LinkId, guest: String) -> String {
    let secret = draft.secret("gst");
    let record = LinkRecord {
        guest,
        token: secret.digest,
    };
    draft.link_record(domain, link, record);
    format!("{}/call/{}", draft.settings.public_url, secret.text)
}

/// Makes a call link of the caller's own.
#[derive(Debug, Clone)]
pub struct MakeLink {
    /// Of which domain.
    pub domain: DomainId,
    /// Whose: the caller's, from [`App::managed_place`].
    pub user: UserId,
    /// What the guest is called.
    pub guest_name: String,
    /// For how long it shall be valid; the user's pool may allow less.
    pub valid_seconds: i64,
    /// Whether the first answered call uses it up.
    pub one_call: bool,
}

impl UseCase for MakeLink {
    type Answer = NewLink;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_links(load, self.domain, self.user);
        // The links whose addresses were shown under the idempotency keys that come again.
        let shown = seen.remembered.values().filter_map(|known| known.token);
        let shown = shown.map(|TokenId(id)| (self.domain, LinkId(id)));
        load.links.extend(shown);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<NewLink, Refusal> {
        draft.itself(self.domain, self.user)?;
        let guest = valid_name("guest_name", &self.guest_name)?;
        let (link, domain) = (LinkId(draft.id()), self.domain);
        let (seconds, one_call) = (self.valid_seconds, self.one_call);
        let made = links::make(draft.world(), domain, self.user, link, seconds, one_call)?;
        let url = addressed(draft, domain, link, guest);
        draft.happen(made);
        let (line, now) = (line(draft, domain, link)?, draft.world().now);
        Ok(NewLink { url, line, now })
    }

    /// Its secret goes by the link's id.
    fn shows_secret_of(&self, answer: &NewLink) -> Option<TokenId> {
        Some(TokenId(answer.line.link.id.0))
    }

    fn replay(&self, TokenId(id): TokenId, draft: &mut Draft<'_>) -> Result<NewLink, Refusal> {
        draft.itself(self.domain, self.user)?;
        let (link, domain) = (LinkId(id), self.domain);
        let guest = line(draft, domain, link)?.record.guest;
        let url = addressed(draft, domain, link, guest);
        let (line, now) = (line(draft, domain, link)?, draft.world().now);
        Ok(NewLink { url, line, now })
    }
}

/// Takes a call link of the caller's own back.
#[derive(Debug, Clone, Copy)]
pub struct RevokeLink {
    /// Of which domain.
    pub domain: DomainId,
    /// Whose: the caller's, from [`App::managed_place`].
    pub user: UserId,
    /// Which.
    pub link: LinkId,
}

impl UseCase for RevokeLink {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_links(load, self.domain, self.user);
        load.links.insert((self.domain, self.link));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.itself(self.domain, self.user)?;
        let world = draft.world();
        if world.link(self.domain, self.link)?.user != self.user {
            return Err(Refusal::not_found("call link"));
        }
        let revoked = links::revoke(world, self.domain, self.link)?;
        draft.happen(revoked);
        Ok(())
    }
}

/// Some of the caller's call links.
#[derive(Debug, Clone)]
pub struct Links {
    /// The links, in whatever state, the newest first.
    pub page: Page<LinkLine>,
    /// The moment at which they are looked at: a link's state depends on it.
    pub now: Time,
}

impl App {
    /// A page of the caller's call links; none for one whom no domain manages.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn call_links(
        &self,
        ask: &Ask,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Links, Failure> {
        let page = match self.own_place(ask).await? {
            Some((domain, user)) => self.store.call_links(domain, user, before, limit).await?,
            None => Page {
                items: Vec::new(),
                more: false,
            },
        };
        let now = self.store.now().await?;
        Ok(Links { page, now })
    }
}
