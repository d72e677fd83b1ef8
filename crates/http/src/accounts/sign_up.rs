//! `POST /v1/accounts`: signs up; with an invitation, joins its domain in the same step
//! (rule D1).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use usher_app::Ask;
use usher_app::accounts::{NewAccount, SignedUp};
use usher_app::invitations::Acceptance;
use usher_store::lists::UserLine;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::OpenWrites;
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{Email, Prefix};

/// Who signs up.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// The address.
    pub email: Email,
    /// A password of one's own.
    #[schema(min_length = 10, max_length = 200)]
    pub password: String,
    /// What the person is called.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The prefix of the domain to join; with `invitation`. Without, the account is one's
    /// own.
    #[serde(default)]
    pub domain_prefix: Option<Prefix>,
    /// The mailed token of the invitation to that domain.
    #[schema(min_length = 1, max_length = 200)]
    #[serde(default)]
    pub invitation: Option<String>,
}

/// What who signed up is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignUpAnswer {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
}

impl From<&SignedUp> for SignUpAnswer {
    fn from(said: &SignedUp) -> Self {
        SignUpAnswer {
            email: said.email.clone(),
            name: said.name.clone(),
        }
    }
}

impl From<&UserLine> for SignUpAnswer {
    fn from(line: &UserLine) -> Self {
        SignUpAnswer {
            email: line.person.email.clone(),
            name: line.person.name.clone(),
        }
    }
}

/// Sign up
///
/// The answer does not tell whether the address has an account already; a mail to the
/// address does. With `invitation` and `domain_prefix` the new account joins the domain.
#[utoipa::path(
    post, path = "/v1/accounts", tag = "accounts",
    request_body = SignUpRequest,
    responses((status = 201, description = "What was said", body = SignUpAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found", "wrong_state", "too_many_attempts"]))),
)]
pub async fn sign_up(
    State(http): State<Http>,
    OpenWrites { ask, body }: OpenWrites<SignUpRequest>,
) -> Answer {
    match (&body.domain_prefix, &body.invitation) {
        (None, None) => {}
        (Some(prefix), Some(token)) => {
            let (prefix, token) = (prefix.0.clone(), token.clone());
            return join(http, ask, body, prefix, token).await;
        }
        (Some(_), None) => return Err(alone("invitation")),
        (None, Some(_)) => return Err(alone("domain_prefix")),
    }
    let new = NewAccount {
        email: body.email.0,
        name: body.name,
        password: body.password,
    };
    let render = render(StatusCode::CREATED, |said| SignUpAnswer::from(said));
    Ok(of_reply(http.app.sign_up(ask, new, render).await?))
}

async fn join(
    http: Http,
    ask: Ask,
    body: SignUpRequest,
    domain_prefix: String,
    token: String,
) -> Answer {
    let said = Acceptance {
        token,
        domain_prefix,
        email: body.email.0,
        new: Some((body.name, body.password)),
    };
    let render = render(StatusCode::CREATED, |line: &UserLine| {
        SignUpAnswer::from(line)
    });
    Ok(of_reply(http.app.accept(ask, said, render).await?))
}

fn alone(missing: &str) -> crate::problem::Stopped {
    let detail = "is missing: joining a domain takes its prefix and the mailed token";
    Stopped::invalid(missing, detail)
}
