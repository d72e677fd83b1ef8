//! Domains: opening, seeing, billing, handing over, closing (rules C1–C7).

use usher_rules::accounts::Place;
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::domains::{self, Domain};
use usher_rules::prices::Currency;
use usher_rules::roles::Power;
use usher_rules::standing::Standing;
use usher_rules::{AccountId, DomainId, Event, Head, Refusal};
use usher_store::lists::Totals;
use usher_store::records::DomainRecord;
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

/// A domain as its owner sees it.
#[derive(Debug, Clone)]
pub struct DomainView {
    /// The domain.
    pub domain: Domain,
    /// What it is called.
    pub record: DomainRecord,
    /// Its standing now.
    pub standing: Standing,
}

impl DomainView {
    pub(crate) fn of(snapshot: &Snapshot, id: DomainId) -> Result<DomainView, Refusal> {
        let record = snapshot.domain_records.get(&id);
        Ok(DomainView {
            domain: *snapshot.world.domain(id)?,
            record: record.ok_or(Refusal::not_found("domain"))?.clone(),
            standing: snapshot.world.standing(id)?,
        })
    }
}

/// A name that people read.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn valid_name(field: &'static str, name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > limits::NAME {
        return Err(Refusal::Invalid {
            field,
            why: "1 to 100 characters",
        });
    }
    if name.chars().any(char::is_control) {
        return Err(Refusal::Invalid {
            field,
            why: "no control characters",
        });
    }
    Ok(name.to_owned())
}

/// A domain's prefix: small letters, digits and inner hyphens.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn valid_prefix(prefix: &str) -> Result<String, Refusal> {
    let prefix = prefix.trim().to_ascii_lowercase();
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = limits::PREFIX.contains(&prefix.len())
        && prefix.bytes().all(letters)
        && !prefix.starts_with('-')
        && !prefix.ends_with('-');
    if fits {
        Ok(prefix)
    } else {
        Err(Refusal::Invalid {
            field: "domain_prefix",
            why: "3 to 32 small letters, digits and inner hyphens",
        })
    }
}

/// Makes a domain of the caller's own.
#[derive(Debug, Clone)]
pub struct OpenDomain {
    /// The caller, by whose journal it is decided.
    pub owner: AccountId,
    /// Its name.
    pub name: String,
    /// Its prefix.
    pub prefix: String,
}

impl UseCase for OpenDomain {
    type Answer = DomainView;

    fn head(&self) -> Head {
        Head::Account(self.owner)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.owner);
        load.prefixes.insert(self.prefix.to_ascii_lowercase());
        if let Some(domain) = seen
            .world
            .accounts
            .get(&self.owner)
            .and_then(|account| account.managed_by())
        {
            load.domains.insert(domain);
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<DomainView, Refusal> {
        let caller = draft.caller()?;
        if caller.account.id != self.owner {
            return Err(Refusal::NotAllowed);
        }
        let name = valid_name("name", &self.name)?;
        let prefix = valid_prefix(&self.prefix).map_err(|_| Refusal::Invalid {
            field: "prefix",
            why: "3 to 32 small letters, digits and inner hyphens",
        })?;
        if draft.snapshot().prefixes.contains_key(&prefix) {
            return Err(Refusal::Taken { field: "prefix" });
        }
        let id = DomainId(draft.id());
        let entries = domains::open(draft.world(), self.owner, id)?;
        let record = DomainRecord {
            domain: id,
            name,
            prefix,
            billing_name: None,
            billing_email: None,
            created_at: draft.world().now,
        };
        draft.write(Write::DomainRecord(record));
        draft.happen(entries);
        DomainView::of(draft.snapshot(), id)
    }
}

/// A domain with its standing.
#[derive(Debug, Clone, Copy)]
pub struct GetDomain {
    /// Which.
    pub domain: DomainId,
}

impl Look for GetDomain {
    type Answer = DomainView;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.names.insert(self.domain);
    }

    fn see(&self, view: View<'_>) -> Result<DomainView, Refusal> {
        view.authorise_or_operator(self.domain, Power::SeeDomain)?;
        let seen = DomainView::of(view.snapshot, self.domain)?;
        // The operator sees root domains; those below are their owners' (rule C4).
        if seen.domain.parent.is_some() && view.rank(self.domain).is_err() {
            return Err(Refusal::not_found("domain"));
        }
        Ok(seen)
    }
}

/// Changes the name.
#[derive(Debug, Clone)]
pub struct RenameDomain {
    /// Which.
    pub domain: DomainId,
    /// The new name.
    pub name: String,
}

impl UseCase for RenameDomain {
    type Answer = DomainView;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.names.insert(self.domain);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<DomainView, Refusal> {
        draft.authorise(self.domain, Power::Own)?;
        let name = valid_name("name", &self.name)?;
        let mut seen = DomainView::of(draft.snapshot(), self.domain)?;
        if seen.record.name != name {
            seen.record.name = name;
            draft.write(Write::DomainRecord(seen.record.clone()));
            let event = Event::DomainDetailsChanged;
            let entry = draft.world().entry(Head::Domain(self.domain), event);
            draft.happen(vec![entry]);
        }
        Ok(seen)
    }
}

/// Activates billing, or changes it (rules C2, C3).
#[derive(Debug, Clone)]
pub struct ActivateBilling {
    /// Of which domain.
    pub domain: DomainId,
    /// The name on the invoice.
    pub name: String,
    /// Where invoices go.
    pub email: String,
    /// The currency, chosen once.
    pub currency: Currency,
    /// The zone in which months are reckoned; UTC unless set.
    pub zone: Option<Zone>,
    /// How it is paid.
    pub method: PaymentMethod,
}

impl UseCase for ActivateBilling {
    type Answer = DomainView;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.names.insert(self.domain);
        load.prices = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<DomainView, Refusal> {
        let (_, _) = draft.authorise(self.domain, Power::Billing)?;
        let name = valid_name("name", &self.name)?;
        let email = crate::accounts::valid_email("email", &self.email)?;
        let before = *draft.world().domain(self.domain)?;
        let known = before.billing.map_or(Zone::utc(), |billing| billing.zone);
        let billing = Billing {
            currency: self.currency,
            zone: self.zone.unwrap_or(known),
            method: self.method,
            // Billing is the domain's, in its owner's name, whoever types it in.
            activated_by: before.owner,
        };
        let mut entries = domains::activate_billing(draft.world(), self.domain, billing)?;
        let mut record = DomainView::of(draft.snapshot(), self.domain)?.record;
        let details = (Some(name), Some(email));
        if (&record.billing_name, &record.billing_email) != (&details.0, &details.1) {
            (record.billing_name, record.billing_email) = details;
            draft.write(Write::DomainRecord(record));
            let event = Event::DomainDetailsChanged;
            entries.push(draft.world().entry(Head::Domain(self.domain), event));
        }
        draft.happen(entries);
        DomainView::of(draft.snapshot(), self.domain)
    }
}

/// Gives the domain to another owner (rule C7). The owner may, and below a domain so may
/// those who manage that domain's users.
#[derive(Debug, Clone)]
pub struct HandOver {
    /// Which.
    pub domain: DomainId,
    /// The new owner's e-mail address.
    pub to: String,
}

impl HandOver {
    fn email(&self) -> String {
        self.to.trim().to_lowercase()
    }
}

impl UseCase for HandOver {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_owner_and_above(seen, load, self.domain);
        load.emails.insert(self.email());
        let to = seen.account_by_email(&self.email());
        let to = to.and_then(|record| seen.world.accounts.get(&record.account));
        if let Some(Place::Managed { domain, user }) = to.map(|account| account.place) {
            load.users.insert((domain, user));
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.caller()?;
        let parent = draft
            .world()
            .domain(self.domain)
            .ok()
            .and_then(|d| d.parent);
        let owner = draft.view().authorise(self.domain, Power::Own);
        if let Err(refusal) = owner {
            let above = parent.ok_or(refusal.clone())?.0;
            let by_parent = draft.view().authorise(above, Power::ManageUsers);
            by_parent.map_err(|_| refusal)?;
        }
        let unknown = Refusal::Invalid {
            field: "email",
            why: "it must be the address of an account that the domain can go to",
        };
        let to = draft.snapshot().account_by_email(&self.email());
        let to = to.ok_or(unknown)?.account;
        let entries = domains::hand_over(draft.world(), self.domain, to)?;
        draft.happen(entries);
        Ok(())
    }
}

/// What a command must see that takes a domain from its owner: both, and the domain above.
fn needs_owner_and_above(seen: &Snapshot, load: &mut Load, domain: DomainId) {
    load.domains.insert(domain);
    if let Some(domain) = seen.world.domains.get(&domain) {
        load.accounts.insert(domain.owner);
        load.domains.extend(domain.parent.map(|(above, _)| above));
    }
}

/// The owner, or one who manages the users of the domain above: it must be able to part
/// with a user who owns a domain (rule C7), and learns nothing of that domain by it.
fn owner_or_above(draft: &mut Draft<'_>, domain: DomainId) -> Result<(), Refusal> {
    draft.caller()?;
    let Err(refusal) = draft.view().authorise(domain, Power::Own) else {
        return Ok(());
    };
    let parent = draft.world().domain(domain).ok().and_then(|d| d.parent);
    let (above, _) = parent.ok_or(refusal.clone())?;
    let by_parent = draft.view().authorise(above, Power::ManageUsers);
    by_parent.map(|_| ()).map_err(|_| refusal)
}

/// Closes an empty domain (rule C7). The owner may, and so may those who manage the users
/// of the domain above.
#[derive(Debug, Clone, Copy)]
pub struct CloseDomain {
    /// Which.
    pub domain: DomainId,
}

impl UseCase for CloseDomain {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_owner_and_above(seen, load, self.domain);
        load.all_pools.insert(self.domain);
        load.prices = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        owner_or_above(draft, self.domain)?;
        let entries = domains::close(draft.world(), self.domain)?;
        draft.happen(entries);
        Ok(())
    }
}

/// Whether the caller may see the totals below a domain.
#[derive(Clone)]
struct SeeTree(DomainId);

impl Look for SeeTree {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        let domain = view.snapshot.world.domain(self.0);
        if view.caller()?.account.operator && domain.is_ok_and(|d| d.parent.is_none()) {
            return Ok(());
        }
        view.authorise(self.0, Power::SeeTree).map(|_| ())
    }
}

impl App {
    /// Totals of the domains below one (rule C4): numbers, never people.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn tree(&self, ask: &Ask, domain: DomainId) -> Result<Totals, Failure> {
        self.look(ask, &SeeTree(domain)).await?;
        Ok(self.store.totals_below(domain).await?)
    }
}
