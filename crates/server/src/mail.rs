//! Mails over SMTP. Texts are templates, which an operator can override file by file.

use std::collections::HashMap;
use std::path::Path;

use async_trait::async_trait;
use lettre::message::{Mailbox, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use minijinja::Environment;
use usher_app::outbox::{Mailer, SendError};
use usher_store::records::Mail;

use crate::commands::Error;
use crate::settings::Settings;

/// The built-in templates: the first line is the subject, the rest, after an empty line,
/// the text.
const TEMPLATES: [(&str, &str); 9] = [
    ("invitation", include_str!("../templates/invitation.txt")),
    ("welcome", include_str!("../templates/welcome.txt")),
    (
        "you_have_an_account",
        include_str!("../templates/you_have_an_account.txt"),
    ),
    (
        "password_reset",
        include_str!("../templates/password_reset.txt"),
    ),
    (
        "password_changed",
        include_str!("../templates/password_changed.txt"),
    ),
    (
        "few_seats_left",
        include_str!("../templates/few_seats_left.txt"),
    ),
    (
        "decrease_clamped",
        include_str!("../templates/decrease_clamped.txt"),
    ),
    (
        "standing_changed",
        include_str!("../templates/standing_changed.txt"),
    ),
    (
        "verification_decided",
        include_str!("../templates/verification_decided.txt"),
    ),
];

/// Sends mails through a mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    templates: Environment<'static>,
}

impl SmtpMailer {
    /// A mailer for `smtp://` or `smtps://`; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the URL, the sender or a template.
    pub fn new(url: &str, settings: &Settings) -> Result<SmtpMailer, Error> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|e| Error::Settings(format!("smtp_url: {e}")))?
            .build();
        let from = settings
            .mail_from
            .parse()
            .map_err(|e| Error::Settings(format!("mail_from: {e}")))?;
        Ok(SmtpMailer {
            transport,
            from,
            templates: templates(settings.mail_templates.as_deref())?,
        })
    }

    fn message(&self, mail: &Mail) -> Result<Message, String> {
        let text = render(&self.templates, &mail.template, &mail.params)?;
        let (subject, body) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(mail.recipient.parse().map_err(|e| format!("{e}"))?)
            .subject(subject.trim())
            .message_id(Some(format!("<{}@{domain}>", mail.id.simple())))
            .header(header::ContentType::TEXT_PLAIN)
            .body(body.trim_start_matches('\n').to_owned())
            .map_err(|e| e.to_string())
    }
}

/// The templates, an operator's own before the built-in ones.
fn templates(folder: Option<&Path>) -> Result<Environment<'static>, Error> {
    let mut texts: HashMap<&str, String> = TEMPLATES
        .into_iter()
        .map(|(name, text)| (name, text.to_owned()))
        .collect();
    if let Some(folder) = folder {
        for (name, text) in &mut texts {
            let file = folder.join(format!("{name}.txt"));
            if file.exists() {
                *text = std::fs::read_to_string(&file)?;
            }
        }
    }
    let mut environment = Environment::new();
    for (name, text) in texts {
        environment
            .add_template_owned(name, text)
            .map_err(|e| Error::Settings(format!("mail template {name}: {e}")))?;
    }
    Ok(environment)
}

fn render(templates: &Environment<'_>, name: &str, params: &str) -> Result<String, String> {
    let params: serde_json::Value = serde_json::from_str(params).map_err(|e| e.to_string())?;
    let template = templates.get_template(name).map_err(|e| e.to_string())?;
    let params = minijinja::value::Serde(params);
    template.render(params).map_err(|e| e.to_string())
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        // A template or a sender that is wrong is the operator's to mend; the mail waits.
        let message = self.message(mail).map_err(|what| SendError {
            temporary: true,
            what,
        })?;
        self.transport
            .send(message)
            .await
            .map(|_| ())
            .map_err(|error| SendError {
                temporary: !(error.is_permanent() && is_about_recipient(&error.to_string())),
                what: error.to_string(),
            })
    }
}

/// Whether a mail server's final answer is about the recipient's address (RFC 3463, class
/// 5.1), so that trying again is of no use. A refused password or sender is not.
fn is_about_recipient(answer: &str) -> bool {
    ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"]
        .iter()
        .any(|code| answer.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_the_invitation_names_domain_prefix_and_link() {
        let templates = templates(None).unwrap();
        let params = r#"{"domain":"Acme","domain_prefix":"acme","name":"Sam","token":"inv_x",
            "link":"https://usher.test/join/inv_x","expires_at":"2026-01-08T00:00:00Z"}"#;
        let text = render(&templates, "invitation", params).unwrap();
        for word in [
            "Acme",
            "acme",
            "https://usher.test/join/inv_x",
            "2026-01-08",
        ] {
            assert!(text.contains(word), "{word} in {text}");
        }
    }

    #[test]
    fn an_operators_own_template_counts_before_the_built_in_one() {
        let folder = std::env::temp_dir().join(format!("usher-mail-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("welcome.txt"), "Hello\n\nfrom {{ public_url }}").unwrap();
        let own = templates(Some(&folder)).unwrap();
        let text = render(&own, "welcome", r#"{"public_url":"https://usher.test"}"#).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(text, "Hello\n\nfrom https://usher.test");
    }
}
