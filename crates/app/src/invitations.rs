//! Joining a domain (rule D1): the mailed token proves the address, the prefix that it is
//! the right domain.

use std::sync::Arc;

use usher_rules::accounts::Account;
use usher_rules::users::{self, UserState};
use usher_rules::{AccountId, DomainId, Event, Head, Refusal, Time, UserId};
use usher_store::lists::UserLine;
use usher_store::records::{AccountRecord, Digest};
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, Reply, UseCase};
use crate::domains::{valid_name, valid_prefix};
use crate::draft::Draft;
use crate::users::line;
use crate::view::{Look, View};
use crate::{App, Ask, secrets};

/// An invitation, as who holds its token sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// To which domain.
    pub domain: DomainId,
    /// As which user.
    pub user: UserId,
    /// The domain's name.
    pub domain_name: String,
    /// Whom it was sent to.
    pub email: String,
    /// Until when it can be accepted.
    pub expires_at: Time,
}

/// Looks an invitation up by its token.
#[derive(Debug, Clone, Copy)]
pub struct SeeInvitation {
    /// Digest of the token.
    pub digest: Digest,
    /// Also one that was accepted, declined or has lapsed: who asks the same twice gets the
    /// same answer twice (rule I3).
    pub used_as_well: bool,
}

impl Look for SeeInvitation {
    type Answer = Invitation;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.invitations.insert(self.digest);
        if let Some(person) = seen.user_by_invitation(&self.digest) {
            load.domains.insert(person.domain);
            load.names.insert(person.domain);
        }
    }

    fn see(&self, view: View<'_>) -> Result<Invitation, Refusal> {
        let gone = Refusal::not_found("invitation");
        let person = view.snapshot.user_by_invitation(&self.digest);
        let person = person.ok_or(gone.clone())?;
        let user = view.snapshot.world.user(person.domain, person.user)?;
        let expires_at = match user.state {
            UserState::Invited { expires_at } => expires_at,
            _ if self.used_as_well => view.snapshot.world.now,
            _ => return Err(gone),
        };
        let record = view.snapshot.domain_records.get(&person.domain);
        Ok(Invitation {
            domain: person.domain,
            user: person.user,
            domain_name: record.ok_or(gone)?.name.clone(),
            email: person.email.clone(),
            expires_at,
        })
    }
}

/// With which account someone joins.
#[derive(Debug, Clone)]
pub enum With {
    /// A new one.
    New {
        /// What the person is called.
        name: String,
        /// argon2id of the password.
        password: String,
    },
    /// The unmanaged one that is signed in.
    Own,
}

/// Accepts an invitation.
#[derive(Debug, Clone)]
pub struct Accept {
    invitation: Invitation,
    digest: Digest,
    prefix: String,
    email: String,
    with: With,
}

impl UseCase for Accept {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.invitation.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.invitation.domain);
        load.names.insert(self.invitation.domain);
        load.invitations.insert(self.digest);
        load.emails.insert(self.invitation.email.clone());
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        let (domain, user) = (self.invitation.domain, self.invitation.user);
        self.proofs(draft)?;
        let known = draft
            .snapshot()
            .account_by_email(&self.invitation.email)
            .map(|record| record.account);
        let (account, record) = match (&self.with, known) {
            (With::New { .. }, Some(_)) => {
                return Err(Refusal::WrongState {
                    why: "this address has an account already: sign in, then accept",
                });
            }
            (With::New { name, password }, None) => self.new_account(draft, name, password)?,
            (With::Own, _) => (self.own_account(draft)?, None),
        };
        let mut entries = users::accept(draft.world(), domain, user, &account)?;
        if let Some(record) = record {
            let made = Event::AccountMade { operator: false };
            entries.insert(0, draft.world().entry(Head::Account(account.id), made));
            draft.write(Write::AccountRecord(record));
        }
        draft.act_as(account.id);
        draft.happen(entries);
        line(draft.snapshot(), domain, user)
    }
}

impl Accept {
    fn proofs(&self, draft: &Draft<'_>) -> Result<(), Refusal> {
        let snapshot = draft.snapshot();
        if snapshot.user_by_invitation(&self.digest).is_none() {
            return Err(Refusal::not_found("invitation"));
        }
        let domain = snapshot.domain_records.get(&self.invitation.domain);
        let prefix = valid_prefix(&self.prefix)?;
        if domain.is_none_or(|domain| domain.prefix != prefix) {
            return Err(Refusal::Invalid {
                field: "domain_prefix",
                why: "not the prefix of the domain that you were invited to",
            });
        }
        if self.email.trim().to_lowercase() != self.invitation.email {
            return Err(Refusal::Invalid {
                field: "email",
                why: "not the address that the invitation was sent to",
            });
        }
        Ok(())
    }

    fn new_account(
        &self,
        draft: &Draft<'_>,
        name: &str,
        password: &str,
    ) -> Result<(Account, Option<AccountRecord>), Refusal> {
        let id = AccountId(draft.id());
        let record = AccountRecord {
            account: id,
            email: self.invitation.email.clone(),
            name: valid_name("name", name)?,
            password: Some(password.to_owned()),
            totp_secret: None,
            totp_active: false,
            identity_note: None,
            created_at: draft.world().now,
        };
        Ok((Account::new(id), Some(record)))
    }

    fn own_account(&self, draft: &mut Draft<'_>) -> Result<Account, Refusal> {
        let caller = draft.caller()?;
        let record = draft.snapshot().account_records.get(&caller.account.id);
        if record.is_none_or(|record| record.email != self.invitation.email) {
            return Err(Refusal::Invalid {
                field: "email",
                why: "you are signed in with another address than the invitation's",
            });
        }
        Ok(caller.account)
    }
}

/// Declines an invitation: its seats are free.
#[derive(Debug, Clone)]
pub struct Decline {
    invitation: Invitation,
    digest: Digest,
}

impl UseCase for Decline {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.invitation.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.invitation.domain);
        load.invitations.insert(self.digest);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let person = draft.snapshot().user_by_invitation(&self.digest);
        let person = person.ok_or(Refusal::not_found("invitation"))?;
        let entries = users::decline(draft.world(), person.domain, person.user)?;
        draft.happen(entries);
        Ok(())
    }
}

/// What someone who accepts says.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The mailed token.
    pub token: String,
    /// The domain's prefix.
    pub domain_prefix: String,
    /// The address that the invitation went to.
    pub email: String,
    /// For a new account: name and password. Without them, the one that is signed in.
    pub new: Option<(String, String)>,
}

impl App {
    /// The invitation with this token.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none that is open.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, Failure> {
        self.find_invitation(token, false).await
    }

    async fn find_invitation(
        &self,
        token: &str,
        used_as_well: bool,
    ) -> Result<Invitation, Failure> {
        let look = SeeInvitation {
            digest: secrets::digest(token),
            used_as_well,
        };
        self.look(&Ask::default(), &look).await
    }

    /// Accepts an invitation.
    ///
    /// # Errors
    /// A storage error, or a refusal that came before the domain's turn.
    pub async fn accept(
        self: &Arc<Self>,
        ask: Ask,
        said: Acceptance,
        render: impl Fn(Result<&UserLine, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let invitation = self.find_invitation(&said.token, true).await?;
        let with = match said.new {
            None => With::Own,
            Some((name, password)) => With::New {
                name,
                password: self.hasher.hash(password).await?,
            },
        };
        let case = Accept {
            invitation,
            digest: secrets::digest(&said.token),
            prefix: said.domain_prefix,
            email: said.email,
            with,
        };
        self.run(ask, case, render).await
    }

    /// Declines an invitation.
    ///
    /// # Errors
    /// A storage error, or [`Refusal::NotFound`].
    pub async fn decline(
        self: &Arc<Self>,
        ask: Ask,
        token: &str,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let invitation = self.find_invitation(token, true).await?;
        let digest = secrets::digest(token);
        self.run(ask, Decline { invitation, digest }, render).await
    }
}
