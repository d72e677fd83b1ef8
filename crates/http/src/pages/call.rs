//! `GET /call/{token}` and `POST /call/{token}`: where a call link leads (rule F2). A form and
//! no script: it works in any browser, and the answer to each step is a page.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use usher_app::links::guest::GuestView;
use usher_app::{Ask, Failure, secrets};
use usher_rules::calls::Phase;
use usher_rules::links::LinkState;
use usher_rules::{CallId, Refusal, Time};

use super::{SANDBOX_NOTICE, escaped};
use crate::answer::Answer;
use crate::extract::Reads;
use crate::problem::table;
use crate::state::Http;

const STYLE: &str = include_str!("call.css");

/// Nothing loads, nothing runs, no other style than ours counts, and the form goes nowhere
/// else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(secrets::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// While it rings, and while they talk, the page looks again after so many seconds.
const LOOK_AGAIN_RINGING: u16 = 3;
const LOOK_AGAIN_ANSWERED: u16 = 15;

const UNKNOWN: &str = "<h1>Unknown call link</h1>\
    <p>Nobody can be called by it. Check the address, or ask for a new link.</p>";

const FORM_BEGINS: &str = "<form method=\"post\"><button>";
const FORM_ENDS: &str = "</button></form>";
const CHECK_AGAIN: &str = "<p><a href=\"\">Check again</a></p>";

pub(super) async fn see(
    State(http): State<Http>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    match http.app.call_link(&token, asked_about(query)).await {
        Ok(view) => Ok(shown(&http, StatusCode::OK, &view, None)),
        Err(Failure::Refused(_)) => Ok(unknown(&http)),
        Err(failure) => Err(failure.into()),
    }
}

pub(super) async fn call(
    State(http): State<Http>,
    Path(token): Path<String>,
    Reads(ask): Reads,
) -> Answer {
    // The guest is nobody, also one who happens to be signed in.
    let ask = Ask {
        request: ask.request,
        ..Ask::default()
    };
    let refusal = match http.app.call_by_page(ask, &token).await {
        Ok(call) => return Ok(see_other(&format!("?call={}", call.call))),
        Err(Failure::Refused(refusal)) => refusal,
        Err(failure) => return Err(failure.into()),
    };
    match http.app.call_link(&token, None).await {
        Ok(view) => {
            let status = StatusCode::from_u16(table::kind_of(&refusal).status);
            let status = status.unwrap_or(StatusCode::CONFLICT);
            Ok(shown(&http, status, &view, Some(&refusal)))
        }
        Err(Failure::Refused(_)) => Ok(unknown(&http)),
        Err(failure) => Err(failure.into()),
    }
}

/// To the same address with this query.
fn see_other(query: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(query) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// What is no call's id asks about none.
fn asked_about(query: Option<String>) -> Option<CallId> {
    let query = query?;
    let mut pairs = query.split('&');
    pairs.find_map(|pair| pair.strip_prefix("call=")?.parse().ok())
}

fn unknown(http: &Http) -> Response {
    page(http, StatusCode::NOT_FOUND, "Unknown call link", UNKNOWN)
}

fn shown(http: &Http, status: StatusCode, view: &GuestView, refused: Option<&Refusal>) -> Response {
    let user = view.user_name.as_deref().map(named);
    let user = user.unwrap_or_else(|| "someone who is no longer here".to_owned());
    let about = match view.call {
        Some(call) => about_call(view, &user, call.phase),
        None => about_link(view, &user, refused),
    };
    let body = format!("<h1>Call {user}</h1>{about}{}", footer(view));
    let title = view.user_name.as_deref().map_or_else(String::new, escaped);
    let mut response = page(http, status, &format!("Call {title}"), &body);
    let look_again = match view.call.map(|call| call.phase) {
        Some(Phase::Ringing) => Some(LOOK_AGAIN_RINGING),
        Some(Phase::Answered) => Some(LOOK_AGAIN_ANSWERED),
        Some(Phase::Ended) | None => None,
    };
    if let Some(seconds) = look_again {
        let refresh = HeaderName::from_static("refresh");
        let headers = response.headers_mut();
        headers.insert(refresh, HeaderValue::from(seconds));
    }
    response
}

/// A name of someone's own choosing, which says nothing to the browser and turns nothing round.
fn named(name: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(name))
}

fn about_call(view: &GuestView, user: &str, phase: Phase) -> String {
    match phase {
        Phase::Ringing => {
            let says = status(&format!("It rings. Wait for {user} to answer."));
            format!("{says}{CHECK_AGAIN}")
        }
        Phase::Answered => status(&format!("{user} has answered.")),
        Phase::Ended => {
            let says = status("The call is over.");
            format!("{says}{}", about_link(view, user, None))
        }
    }
}

fn about_link(view: &GuestView, user: &str, refused: Option<&Refusal>) -> String {
    let again = format!("{FORM_BEGINS}Call {user}{FORM_ENDS}");
    match (view.state, view.logged_in) {
        (LinkState::Used, _) => status("This link was for one call, and has been used."),
        (LinkState::Expired, _) => status("This link is no longer valid: its time has passed."),
        (LinkState::Revoked, _) => status("This link is no longer valid: it was revoked."),
        (LinkState::Valid, Some(true)) => match refused {
            Some(Refusal::CallInProgress { .. }) => {
                let says = format!("{user} is in another call. Try again in a moment.");
                format!("{}{again}", status(&says))
            }
            _ => again,
        },
        (LinkState::Valid, _) => {
            let says = format!("{user} is not logged in right now. Try again later.");
            format!("{}{CHECK_AGAIN}", status(&says))
        }
    }
}

fn status(says: &str) -> String {
    format!("<p role=\"status\">{says}</p>")
}

/// As whom the guest calls, and until when.
fn footer(view: &GuestView) -> String {
    if view.state != LinkState::Valid {
        return String::new();
    }
    let (guest, until) = (named(&view.guest_name), moment(view.valid_until));
    let once = if view.one_call { ", for one call" } else { "" };
    format!("<p><small>For {guest}, until {until}{once}.</small></p>")
}

fn moment(time: Time) -> String {
    let reads = time.timestamp().strftime("%-d %B %Y, %H:%M UTC");
    format!("<time datetime=\"{time}\">{reads}</time>")
}

fn page(http: &Http, status: StatusCode, title: &str, body: &str) -> Response {
    let notice = if http.options.sandbox {
        SANDBOX_NOTICE
    } else {
        ""
    };
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main>{notice}{body}</main></body></html>"
    );
    let mut response = (status, Html(text)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
