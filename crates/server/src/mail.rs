//! Mails over SMTP. Texts are templates, which an operator can override file by file.

use std::path::Path;

use async_trait::async_trait;
use lettre::message::{Mailbox, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use minijinja::Environment;
use usher_app::outbox::{Mailer, SendError};
use usher_http::MailText;
use usher_store::records::Mail;

use crate::commands::Error;
use crate::settings::Settings;

/// The built-in templates.
const TEMPLATES: [(&str, &str); 8] = [
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
    templates: Templates,
}

impl SmtpMailer {
    /// A mailer for `smtp://` or `smtps://`; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the URL or the sender.
    pub fn new(url: &str, settings: &Settings, templates: Templates) -> Result<SmtpMailer, Error> {
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
            templates,
        })
    }

    fn message(&self, mail: &Mail) -> Result<Message, String> {
        let MailText { subject, text } = self.templates.fill(&mail.template, &mail.params)?;
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(mail.recipient.parse().map_err(|e| format!("{e}"))?)
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", mail.id.simple())))
            .header(header::ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|e| e.to_string())
    }
}

/// The texts of mails, an operator's own before the built-in ones.
#[derive(Clone)]
pub struct Templates(Environment<'static>);

impl Templates {
    /// The built-in templates, or those of the same name in this folder.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn read_from(folder: Option<&Path>) -> Result<Templates, Error> {
        let mut environment = Environment::new();
        for (name, built_in) in TEMPLATES {
            let own = folder.map(|folder| folder.join(format!("{name}.txt")));
            let text = match own.filter(|file| file.exists()) {
                Some(file) => std::fs::read_to_string(&file)?,
                None => built_in.to_owned(),
            };
            environment
                .add_template_owned(name, text)
                .map_err(|e| Error::Settings(format!("mail template {name}: {e}")))?;
        }
        Ok(Templates(environment))
    }

    /// A mail as it reads.
    pub fn read(&self, mail: &Mail) -> MailText {
        self.fill(&mail.template, &mail.params)
            .unwrap_or_else(|error| MailText {
                subject: mail.template.clone(),
                text: format!("This mail can't be written: {error}"),
            })
    }

    /// The first line is the subject, the rest, after an empty line, the text.
    fn fill(&self, name: &str, params: &str) -> Result<MailText, String> {
        let params: serde_json::Value = serde_json::from_str(params).map_err(|e| e.to_string())?;
        let template = self.0.get_template(name).map_err(|e| e.to_string())?;
        let params = minijinja::value::Serde(params);
        let text = template.render(params).map_err(|e| e.to_string())?;
        let (subject, body) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        Ok(MailText {
            subject: subject.trim().to_owned(),
            text: body.trim_start_matches('\n').to_owned(),
        })
    }
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
        let templates = Templates::read_from(None).unwrap();
        let params = r#"{"domain":"Acme","domain_prefix":"acme","name":"Sam","token":"inv_x",
            "link":"https://usher.test/join/inv_x","expires_at":"2026-01-08T00:00:00Z"}"#;
        let mail = templates.fill("invitation", params).unwrap();
        assert_eq!(mail.subject, "You are invited to Acme");
        for word in ["acme", "https://usher.test/join/inv_x", "2026-01-08"] {
            assert!(mail.text.contains(word), "{word} in {}", mail.text);
        }
    }

    #[test]
    fn an_operators_own_template_counts_before_the_built_in_one() {
        let folder = std::env::temp_dir().join(format!("usher-mail-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("welcome.txt"), "Hello\n\nfrom {{ public_url }}").unwrap();
        let own = Templates::read_from(Some(&folder)).unwrap();
        let params = r#"{"public_url":"https://usher.test"}"#;
        let mail = own.fill("welcome", params).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(mail.text, "from https://usher.test");
    }
}
