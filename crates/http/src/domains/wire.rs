//! A domain as the API shows it.

use serde::Serialize;
use usher_app::domains::DomainView;
use usher_rules::{domains, standing};
use usher_store::records::DomainRecord;
use utoipa::ToSchema;

use crate::wire::{
    AccountId, Currency, DomainId, Moment, PaymentMethod, Prerequisite, State, Zone,
};

/// A domain: a set of managed users with one owner, one cost centre.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// The name that people read.
    pub name: String,
    /// Unique; who joins has to name it.
    pub prefix: String,
    /// Who owns it.
    pub owner: AccountId,
    /// The domain above; `null` at the root.
    pub parent: Option<DomainId>,
    /// The root of its tree.
    pub root: DomainId,
    /// How it pays, once billing is activated.
    pub billing: Option<BillingTerms>,
    /// Its standing now.
    pub standing: Standing,
    /// Users that are invited, active or suspended.
    #[schema(minimum = 0)]
    pub users: u32,
    /// When it was made.
    pub created_at: Moment,
}

/// How a domain pays.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BillingTerms {
    /// The currency, chosen once.
    pub currency: Currency,
    /// In which zone months are reckoned.
    pub time_zone: Zone,
    /// How it is paid.
    pub payment_method: PaymentMethod,
}

/// A domain's standing now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when it is lapsed or frozen.
    pub since: Option<Moment>,
    /// When a lapsed one freezes.
    pub until: Option<Moment>,
    /// What is missing.
    pub missing: Vec<Prerequisite>,
}

impl From<&standing::Standing> for Standing {
    fn from(standing: &standing::Standing) -> Self {
        let (since, until) = match standing.state {
            standing::State::Lapsed => (standing.lapsed_at, standing.freezes_at),
            standing::State::Frozen => (standing.freezes_at, None),
            standing::State::Incomplete | standing::State::Good => (None, None),
        };
        Standing {
            state: standing.state.into(),
            since: since.map(Into::into),
            until: until.map(Into::into),
            missing: standing.missing.iter().map(|word| (*word).into()).collect(),
        }
    }
}

impl Domain {
    fn new(domain: &domains::Domain, record: &DomainRecord, standing: Standing) -> Domain {
        Domain {
            id: domain.id.into(),
            name: record.name.clone(),
            prefix: record.prefix.clone(),
            owner: domain.owner.into(),
            parent: domain.parent.map(|(above, _)| above.into()),
            root: domain.root.into(),
            billing: domain.billing.map(|billing| BillingTerms {
                currency: Currency(billing.currency),
                time_zone: Zone(billing.zone),
                payment_method: billing.method.into(),
            }),
            standing,
            users: domain.users,
            created_at: record.created_at.into(),
        }
    }
}

impl From<&DomainView> for Domain {
    fn from(view: &DomainView) -> Self {
        Domain::new(&view.domain, &view.record, (&view.standing).into())
    }
}
