//! `GET /v1/sandbox/mail`: the mails that a sandbox would have sent.

use axum::extract::State;
use serde::Serialize;
use usher_store::records::Mail;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::Asked;
use crate::state::{Http, Shared};
use crate::wire::{Moment, PageQuery};

/// Mails that are read at a stretch.
const MOST: u32 = 1000;

/// A mail that a sandbox would have sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SandboxMail {
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The template that it was made from.
    pub template: String,
    /// When it was written.
    pub at: Moment,
}

/// A page of mails.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SandboxMailPage {
    /// The mails, newest first.
    pub items: Vec<SandboxMail>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

fn show(http: &Shared, mail: &Mail) -> SandboxMail {
    let text = (http.options.mail_text)(mail);
    SandboxMail {
        to: mail.recipient.clone(),
        subject: text.subject,
        text: text.text,
        template: mail.template.clone(),
        at: mail.created_at.into(),
    }
}

/// List the mails that the sandbox would have sent
#[utoipa::path(
    get, path = "/v1/sandbox/mail", tag = "sandbox",
    params(PageQuery),
    responses((status = 200, description = "A page of mails", body = SandboxMailPage)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn list_mail(State(http): State<Http>, Asked(query): Asked<PageQuery>) -> Answer {
    let mails = http.app.sent_mail(MOST).await?;
    let (items, next_cursor) = query.cut(mails, |mail| mail.id.to_string())?;
    Ok(ok(&SandboxMailPage {
        items: items.iter().map(|mail| show(&http, mail)).collect(),
        next_cursor,
    }))
}
