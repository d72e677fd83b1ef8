//! Lists, reports and sweeps: each a walk over the rows.

use std::collections::BTreeMap;

use uuid::Uuid;

use usher_rules::accounts::Identity;
use usher_rules::domains::Domain;
use usher_rules::standing::State;
use usher_rules::tiers::Tier;
use usher_rules::users::{User, UserState};
use usher_rules::{AccountId, DomainId, Head, Time, TokenId, UserId};

use crate::lists::{
    DomainLine, EventLine, Listing, Page, Sort, Totals, UserLine, VerificationLine,
};
use crate::port::{Forget, MailOutcome};
use crate::records::{Mail, Person, Token, TokenKind};

use super::tables::Tables;

impl Tables {
    pub fn journal(&self, head: Head, after: u64, limit: u32) -> Vec<EventLine> {
        let head = head.key();
        self.journal
            .range((head, after.saturating_add(1))..=(head, u64::MAX))
            .map(|(_, line)| line.clone())
            .take(limit as usize)
            .collect()
    }

    pub fn due(&self, now: Time, limit: u32) -> Vec<DomainId> {
        let mut due: Vec<(Time, DomainId)> = self
            .domains
            .keys()
            .filter_map(|id| self.domain(*id))
            .filter(|domain| !domain.closed)
            .filter_map(|domain| Some((self.due_at(&domain, now)?, domain.id)))
            .collect();
        due.sort_unstable();
        let ids = due.into_iter().map(|(_, id)| id);
        ids.take(limit as usize).collect()
    }

    /// The first moment by `now` at which something is due in a domain.
    fn due_at(&self, domain: &Domain, now: Time) -> Option<Time> {
        let invitations = self
            .users_of(domain.id)
            .filter_map(|user| match user.state {
                UserState::Invited { expires_at } => Some(expires_at),
                _ => None,
            });
        let schedules = domain.seats.iter().filter_map(|(_, seat)| seat.scheduled);
        let misfit = self.misfits(domain).then_some(Time::ZERO);
        invitations
            .chain(schedules.map(|scheduled| scheduled.at))
            .chain(domain.standing.noted_until)
            .filter(|at| *at <= now)
            .chain(self.desk_due_at(domain.id, now))
            .chain(misfit)
            .min()
    }

    /// Whether what is noted of a domain no longer fits the domain above: that one froze,
    /// or is no longer frozen.
    fn misfits(&self, domain: &Domain) -> bool {
        let above = domain.parent.and_then(|(id, _)| self.domains.get(&id));
        let record = domain.standing;
        above.is_some_and(|above| match record.noted {
            State::Incomplete => false,
            State::Good => above.standing.noted == State::Frozen,
            State::Lapsed | State::Frozen => {
                record.lapsed_at.is_none() && above.standing.noted != State::Frozen
            }
        })
    }

    pub fn users(&self, domain: DomainId, listing: &Listing) -> Page<UserLine> {
        let mut lines: Vec<(String, UserLine)> = self
            .users_of(domain)
            .filter_map(|user| {
                let person = self.people.get(&(domain, user.id))?;
                let tier = self.tier_of(user);
                let in_team = |team| self.members.contains(&(domain, team, user.id));
                let wanted = listing.tier.is_none_or(|wanted| tier == Some(wanted))
                    && listing.team.is_none_or(in_team)
                    && wanted(user, person, listing);
                wanted.then(|| line(user, person, tier.unwrap_or_default(), listing.sort))
            })
            .collect();
        lines.sort_by(|(a, left), (b, right)| (a, left.user.id).cmp(&(b, right.user.id)));
        let from = listing.after.as_ref().map_or(0, |after| {
            let last = UserId(after.id);
            let key = match listing.sort {
                Sort::Created => "",
                Sort::Email | Sort::Name => after.key.as_str(),
            };
            lines.partition_point(|(k, line)| (k.as_str(), line.user.id) <= (key, last))
        });
        page(lines.drain(from..).map(|(_, line)| line), listing.limit)
    }

    /// What a user sits on: its own seat's tier, or its pool's, if that is there.
    fn tier_of(&self, user: &User) -> Option<Tier> {
        let pool = user.license.pool();
        let pool = pool.and_then(|pool| self.pools.get(&(user.domain, pool)));
        let shared = pool.map(|pool| pool.settings.tier);
        user.license.named_tier().or(shared)
    }

    pub fn totals_below(&self, domain: DomainId) -> Totals {
        let mut children: BTreeMap<DomainId, Vec<DomainId>> = BTreeMap::new();
        for domain in self.domains.values().filter(|domain| !domain.closed) {
            if let Some((above, _)) = domain.parent {
                children.entry(above).or_default().push(domain.id);
            }
        }
        let mut totals = Totals::default();
        let mut open = children.remove(&domain).unwrap_or_default();
        while let Some(id) = open.pop() {
            if let Some(domain) = self.domain(id) {
                add(&mut totals, &domain);
            }
            open.extend(children.remove(&id).unwrap_or_default());
        }
        totals
    }

    pub fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Page<DomainLine> {
        let lines = self
            .domains
            .keys()
            .filter(|id| after.is_none_or(|after| **id > after))
            .filter_map(|id| {
                let domain = self.domain(*id)?;
                let record = self.domain_records.get(id)?.clone();
                let root = domain.parent.is_none() && !domain.closed;
                root.then_some(DomainLine { domain, record })
            });
        page(lines, limit)
    }

    pub fn pending_verifications(&self, limit: u32) -> Vec<VerificationLine> {
        self.accounts
            .values()
            .filter(|account| account.identity == Identity::Pending)
            .filter_map(|account| {
                let record = self.account_records.get(&account.id)?;
                Some(VerificationLine {
                    account: account.id,
                    identity: account.identity,
                    name: record.name.clone(),
                    email: record.email.clone(),
                })
            })
            .take(limit as usize)
            .collect()
    }

    pub fn tokens_of(&self, account: AccountId) -> Vec<Token> {
        let first = (account, TokenId::from_bytes([0; 16]));
        let last = (account, TokenId::from_bytes([255; 16]));
        let tokens = self.tokens.range(first..=last);
        tokens.rev().map(|(_, token)| token.clone()).collect()
    }

    pub fn proxies(&self, limit: u32) -> Vec<Token> {
        let all = self.tokens.values();
        let all = all.filter(|token| token.kind == TokenKind::Proxy);
        let mut all: Vec<Token> = all.cloned().collect();
        all.sort_by_key(|token| std::cmp::Reverse(token.id));
        all.truncate(limit as usize);
        all
    }

    pub fn claim_mail(&mut self, now: Time, lease_until: Time, limit: u32) -> Vec<Mail> {
        let mut due: Vec<(Time, Uuid)> = self
            .mail
            .values()
            .filter(|mail| mail.sent_at.is_none() && mail.due_at <= now)
            .map(|mail| (mail.due_at, mail.id))
            .collect();
        due.sort_unstable();
        due.truncate(limit as usize);
        due.into_iter()
            .filter_map(|(_, id)| {
                let mail = self.mail.get_mut(&id)?;
                mail.due_at = lease_until;
                mail.attempts += 1;
                Some(mail.clone())
            })
            .collect()
    }

    pub fn sent_mail(&self, limit: u32) -> Vec<Mail> {
        let sent = self.mail.values().filter(|mail| mail.sent_at.is_some());
        let mut sent: Vec<Mail> = sent.cloned().collect();
        sent.sort_by_key(|mail| std::cmp::Reverse((mail.created_at, mail.id)));
        sent.truncate(limit as usize);
        sent
    }

    pub fn settle_mail(&mut self, id: Uuid, outcome: MailOutcome) {
        let Some(mail) = self.mail.get_mut(&id) else {
            return;
        };
        match outcome {
            MailOutcome::Sent => drop(self.mail.remove(&id)),
            MailOutcome::SentAndKept(at) => mail.sent_at = Some(at),
            MailOutcome::RetryAt(at) => mail.due_at = at,
        }
    }

    /// Answers first, then tokens, attempts, and what is over at the front desk: at most `limit` rows in all.
    pub fn forget(&mut self, before: Forget, limit: u32) -> u64 {
        let mut left = limit as usize;
        let answers: Vec<_> = (self.remembered.iter())
            .filter(|(_, answer)| answer.at < before.remembered)
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= answers.len();
        let tokens: Vec<_> = (self.tokens.iter())
            .filter(|(_, token)| token.expires_at < before.tokens)
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= tokens.len();
        let attempts: Vec<_> = (self.attempts.iter())
            .filter(|(_, attempts)| attempts.last_at < before.attempts)
            .map(|(key, _)| *key)
            .take(left)
            .collect();
        left -= attempts.len();
        for key in answers {
            self.remembered.remove(&key);
        }
        for (account, token) in tokens {
            let write = crate::Write::RemoveToken(account, token);
            self.release(&write);
            self.put(&write);
        }
        for key in attempts {
            self.attempts.remove(&key);
        }
        left -= self.forget_at_desk(before, left);
        (limit as usize - left) as u64
    }
}

fn wanted(user: &User, person: &Person, listing: &Listing) -> bool {
    let found = listing.search.as_deref().is_none_or(|begins| {
        person.email.starts_with(begins)
            || person.name.to_lowercase().starts_with(begins)
            || (person.external_id.as_deref()).is_some_and(|id| id.starts_with(begins))
    });
    found
        && (listing.model).is_none_or(|model| user.license.model() == model)
        && (listing.pool).is_none_or(|pool| user.license.pool() == Some(pool))
        && listing.state.is_none_or(|state| user.state.name() == state)
        && listing.role.is_none_or(|role| user.role == role)
}

/// The line with its sort key.
fn line(user: &User, person: &Person, tier: Tier, sort: Sort) -> (String, UserLine) {
    let key = match sort {
        Sort::Created => String::new(),
        Sort::Email => person.email.clone(),
        Sort::Name => person.name.to_lowercase(),
    };
    let line = UserLine {
        user: *user,
        person: person.clone().into(),
        tier,
    };
    (key, line)
}

pub(super) fn page<T>(lines: impl Iterator<Item = T>, limit: u32) -> Page<T> {
    let limit = limit as usize;
    let mut items: Vec<T> = lines.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}

fn add(totals: &mut Totals, domain: &Domain) {
    totals.domains += 1;
    totals.users += u64::from(domain.users);
    for (kind, seat) in domain.seats.iter() {
        *totals.ordered.get_mut(kind) += u64::from(seat.ordered);
        *totals.in_use.get_mut(kind) += u64::from(seat.in_use);
    }
}
