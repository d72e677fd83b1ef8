//! `POST /v1/login` (rules I1, I4).

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use usher_app::Reply;
use usher_app::login::{LogIn, LoggedIn};
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::{OpenWrites, SESSION_COOKIE};
use crate::shape::text;
use crate::state::Http;
use crate::wire::{AccountId, Email, Moment};

/// Who logs in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInRequest {
    /// The address.
    pub email: Email,
    /// The password.
    #[schema(min_length = 1, max_length = 200)]
    pub password: String,
    /// A one-time code, where the second factor is on.
    #[schema(pattern = "^[0-9]{6}$")]
    #[serde(default)]
    pub code: Option<String>,
    /// What the log-in is called in the list of log-ins: the device or program.
    #[schema(min_length = 1, max_length = 100)]
    #[serde(default)]
    pub name: Option<String>,
    /// For a browser: put the token into a cookie that scripts can't read, not into the
    /// answer.
    #[serde(default)]
    pub cookie: Option<bool>,
}

/// A log-in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct LogInAnswer {
    /// The token, shown once; `null` when it went into the cookie.
    pub token: Option<String>,
    /// Until when it is good.
    pub expires_at: Moment,
    /// Whose it is.
    pub account: AccountId,
}

impl From<&LoggedIn> for LogInAnswer {
    fn from(log_in: &LoggedIn) -> Self {
        LogInAnswer {
            token: Some(log_in.text.clone()),
            expires_at: log_in.token.expires_at.into(),
            account: log_in.account.id.into(),
        }
    }
}

/// Log in
///
/// An unknown address, a wrong password and a wrong or missing code give the same answer.
/// Wrong attempts are slowed down.
#[utoipa::path(
    post, path = "/v1/login", tag = "accounts",
    request_body = LogInRequest,
    responses((status = 200, description = "The log-in", body = LogInAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["wrong_credentials", "too_many_attempts"]))),
)]
pub async fn log_in(
    State(http): State<Http>,
    OpenWrites { ask, body }: OpenWrites<LogInRequest>,
) -> Answer {
    debug_assert_eq!(text::CODE, "^[0-9]{6}$");
    let in_cookie = body.cookie.unwrap_or_default();
    let said = LogIn {
        email: body.email.0,
        password: body.password,
        code: body.code,
        name: body.name.unwrap_or_else(|| "log-in".to_owned()),
    };
    let render = render(StatusCode::OK, |log_in| LogInAnswer::from(log_in));
    let reply = http.app.log_in(ask, said, render).await?;
    let secure = http.options.public_url.starts_with("https://");
    Ok(match in_cookie {
        true => with_cookie(reply, secure),
        false => of_reply(reply),
    })
}

/// The same answer with the token in the cookie.
fn with_cookie(reply: Reply, secure: bool) -> Response {
    let Ok(mut answer) = serde_json::from_str::<LogInAnswer>(&reply.body) else {
        return of_reply(reply);
    };
    let token = answer.token.take().unwrap_or_default();
    let mut response = crate::answer::ok(&answer);
    let cookie = cookie(&token, secure, "");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// The panel's cookie, for this site alone.
pub(super) fn cookie(token: &str, secure: bool, more: &str) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    // Tokens are letters, digits, `_` and `-`.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
