//! `PUT /v1/domains/{domain}/billing`: activates billing, or renews it (rules C2, C3).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::domains::{ActivateBilling, DomainView};
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{Currency, Email, InDomain, PaymentMethod, Zone};

/// How a domain is to pay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingRequest {
    /// The name on the invoice.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Where invoices go.
    pub email: Email,
    /// The currency; chosen once, for good.
    pub currency: Currency,
    /// In which zone months are reckoned; UTC unless set.
    #[serde(default)]
    pub time_zone: Option<Zone>,
    /// How it is paid.
    pub payment_method: PaymentMethod,
}

/// How a domain pays.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BillingAnswer {
    /// The name on the invoice.
    pub name: String,
    /// Where invoices go.
    pub email: String,
    /// The currency.
    pub currency: Option<Currency>,
    /// In which zone months are reckoned.
    pub time_zone: Option<Zone>,
    /// How it is paid.
    pub payment_method: Option<PaymentMethod>,
}

impl From<&DomainView> for BillingAnswer {
    fn from(view: &DomainView) -> Self {
        let billing = view.domain.billing;
        BillingAnswer {
            name: view.record.billing_name.clone().unwrap_or_default(),
            email: view.record.billing_email.clone().unwrap_or_default(),
            currency: billing.map(|billing| Currency(billing.currency)),
            time_zone: billing.map(|billing| Zone(billing.zone)),
            payment_method: billing.map(|billing| billing.method.into()),
        }
    }
}

/// Activate billing
///
/// Or change it, or renew it as a new owner.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/billing", tag = "domains",
    params(InDomain),
    request_body = BillingRequest,
    responses((status = 200, description = "How the domain pays", body = BillingAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "no_price", "wrong_state"]))),
)]
pub async fn activate_billing(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<BillingRequest>,
) -> Answer {
    let case = ActivateBilling {
        domain: domain.0,
        name: body.name,
        email: body.email.0,
        currency: body.currency.0,
        zone: body.time_zone.map(|zone| zone.0),
        method: body.payment_method.into(),
    };
    change(&http.app, ask, case, |view| BillingAnswer::from(view)).await
}
