//! Asks two stores the same, and compares.

use std::fmt::Debug;

use usher_rules::roles::Role;
use usher_rules::tiers::Tier;
use usher_rules::{Head, Time};

use super::Run;
use super::change::{ACCOUNTS, DOMAINS, NAMES, OTHERS, POOLS, USERS};
use crate::contract::build::*;
use crate::lists::{After, Difference, Listing, Sort};
use crate::port::{Forget, MailOutcome};
use crate::records::Mail;
use crate::{Load, Result, Store};

const STATES: [&str; 5] = ["invited", "expired", "declined", "active", "suspended"];

impl Run {
    /// Both gave this, and it was an answer.
    pub(super) fn same<T: PartialEq + Debug>(
        &self,
        what: &str,
        left: Result<T>,
        right: Result<T>,
    ) -> T {
        let unwrap = |side: Result<T>| match side {
            Ok(value) => value,
            Err(error) => panic!("{}: {what}: {error}", self.place),
        };
        let (left, right) = (unwrap(left), unwrap(right));
        self.equal(what, &left, &right);
        left
    }

    fn equal<T: PartialEq + Debug>(&self, what: &str, left: &T, right: &T) {
        assert_eq!(left, right, "{}: {what}", self.place);
    }

    /// Takes mails on both, and says of each what became of it.
    pub(super) async fn claim_mail(&mut self, a: &dyn Store, b: &dyn Store) {
        let (now, until) = (self.time(), self.time());
        let limit = self.dice.below(5) as u32;
        let by_id = |claimed: Result<Vec<Mail>>| {
            claimed.map(|mut mails| {
                mails.sort_by_key(|mail| mail.id);
                mails
            })
        };
        let left = by_id(a.claim_mail(now, until, limit).await);
        let right = by_id(b.claim_mail(now, until, limit).await);
        self.model.claim_mail(now, until, limit);
        for mail in self.same("claimed mails", left, right) {
            let at = self.time();
            let outcome = match self.dice.below(4) {
                0 => continue,
                1 => MailOutcome::Sent,
                2 => MailOutcome::SentAndKept(at),
                _ => MailOutcome::RetryAt(at),
            };
            let left = a.settle_mail(mail.id, outcome).await;
            let right = b.settle_mail(mail.id, outcome).await;
            self.model.settle_mail(mail.id, outcome);
            self.same("a settled mail", left, right);
        }
    }

    pub(super) async fn forget(&mut self, a: &dyn Store, b: &dyn Store) {
        let early = self.now.plus_seconds(-200 * 3600);
        let shift = |dice: &mut super::Dice| early.plus_seconds(dice.below(100) as i64 * 3600);
        let before = Forget {
            remembered: shift(&mut self.dice),
            tokens: shift(&mut self.dice),
            attempts: shift(&mut self.dice),
            sessions: shift(&mut self.dice),
            calls: shift(&mut self.dice),
            links: shift(&mut self.dice),
        };
        // Which rows go first is not promised, so that all have to.
        let (left, right) = (
            a.forget(before, 10_000).await,
            b.forget(before, 10_000).await,
        );
        self.same("how many were forgotten", left, right);
        self.model.forget(before, 10_000);
    }

    /// A few random questions.
    pub(super) async fn look(&mut self, a: &dyn Store, b: &dyn Store) {
        let load = self.some_of_everything();
        self.loads(&load, a, b).await;
        let listing = self.listing();
        let domain = self.domain_id();
        let (left, right) = (
            a.users(domain, &listing).await,
            b.users(domain, &listing).await,
        );
        self.same(&format!("{listing:?}"), left, right);
        self.pages(a, b).await;
        let (head, after) = (self.head(), self.dice.below(30));
        let limit = self.dice.below(20) as u32;
        let left = a.journal(head, after, limit).await;
        let right = b.journal(head, after, limit).await;
        self.same("a part of a journal", left, right);
        let (now, limit) = (self.time(), self.dice.below(6) as u32);
        let (left, right) = (a.due(now, limit).await, b.due(now, limit).await);
        self.same("what is due", left, right);
    }

    fn listing(&mut self) -> Listing {
        let user = self.user_id();
        let dice = &mut self.dice;
        let search = |dice: &mut super::Dice| {
            let name = dice.of(&NAMES).to_lowercase();
            let length = dice.below(4) as usize;
            name.chars().take(length).collect()
        };
        Listing {
            search: dice.perhaps(search),
            model: dice.percent(20).then(|| dice.of(&["named", "shared"])),
            tier: dice.percent(20).then(|| dice.of(&Tier::ALL)),
            pool: dice.percent(20).then(|| pol(dice.below(POOLS))),
            team: dice.percent(20).then(|| tem(dice.below(POOLS))),
            state: dice.percent(20).then(|| dice.of(&STATES)),
            role: dice.percent(20).then(|| dice.of(&Role::ALL)),
            sort: dice.of(&[Sort::Created, Sort::Email, Sort::Name]),
            after: dice.perhaps(|dice| After {
                key: dice.of(&NAMES).to_lowercase(),
                id: user.0,
            }),
            limit: dice.below(8) as u32,
        }
    }

    /// About one of three of all keys.
    fn some_of_everything(&mut self) -> Load {
        let mut load = everything();
        let dice = &mut self.dice;
        load.tokens.retain(|_| dice.percent(30));
        load.token_ids.retain(|_| dice.percent(30));
        load.accounts.retain(|_| dice.percent(30));
        load.domains.retain(|_| dice.percent(30));
        load.names.retain(|_| dice.percent(30));
        load.lineages.retain(|_| dice.percent(30));
        load.users.retain(|_| dice.percent(30));
        load.people.retain(|_| dice.percent(30));
        load.invitations.retain(|_| dice.percent(30));
        load.remembered.retain(|_| dice.percent(30));
        load.attempts.retain(|_| dice.percent(30));
        load.prices = dice.percent(30);
        load.keys = dice.percent(30);
        let model = &self.model;
        let records = model.account_records.values();
        load.emails = records.map(|r| r.email.clone()).collect();
        let records = model.domain_records.values();
        load.prefixes = records.map(|r| r.prefix.clone()).collect();
        for person in model.people.values() {
            let domain = person.domain;
            load.user_emails.insert((domain, person.email.clone()));
            let id = person.external_id.clone();
            load.external_ids.extend(id.map(|id| (domain, id)));
        }
        load.emails.retain(|_| dice.percent(30));
        load.prefixes.retain(|_| dice.percent(30));
        load.user_emails.retain(|_| dice.percent(30));
        load.external_ids.retain(|_| dice.percent(30));
        self.some_of_the_desk(&mut load);
        load
    }

    /// Both load the same, but for the moment.
    async fn loads(&self, load: &Load, a: &dyn Store, b: &dyn Store) {
        let left = a.load(load).await.expect("a snapshot");
        let right = b.load(load).await.expect("a snapshot");
        let (l, r) = (&left.world, &right.world);
        self.equal("accounts", &l.accounts, &r.accounts);
        self.equal("domains", &l.domains, &r.domains);
        self.equal("lines", &l.lineages, &r.lineages);
        self.equal("users", &l.users, &r.users);
        self.equal("pools", &l.pools, &r.pools);
        self.equal("sessions", &l.sessions, &r.sessions);
        self.equal("those over", &l.ended_sessions, &r.ended_sessions);
        self.equal("calls", &l.ended_calls, &r.ended_calls);
        self.equal("links", &l.links, &r.links);
        self.equal("who waits", &l.waiting, &r.waiting);
        self.equal("up to", &l.waiting_loaded_to, &r.waiting_loaded_to);
        self.equal("teams", &l.teams, &r.teams);
        self.equal("members", &l.members, &r.members);
        self.equal("contacts", &l.contacts, &r.contacts);
        self.equal("price books", &l.price_books, &r.price_books);
        self.equal("heads", &left.heads, &right.heads);
        self.equal("tokens", &left.tokens, &right.tokens);
        self.equal("names", &left.account_records, &right.account_records);
        self.equal(
            "domains' names",
            &left.domain_records,
            &right.domain_records,
        );
        self.equal("prefixes", &left.prefixes, &right.prefixes);
        self.equal("pools' names", &left.pool_records, &right.pool_records);
        self.equal("devices", &left.session_records, &right.session_records);
        self.equal("guests", &left.link_records, &right.link_records);
        self.equal("teams' names", &left.team_records, &right.team_records);
        self.equal("added", &left.contact_records, &right.contact_records);
        self.equal("people", &left.people, &right.people);
        self.equal("answers", &left.remembered, &right.remembered);
        self.equal("attempts", &left.attempts, &right.attempts);
        self.equal("keys", &left.keys, &right.keys);
    }

    /// Every row and every list.
    pub(super) async fn look_at_everything(&mut self, a: &dyn Store, b: &dyn Store) {
        self.loads(&everything(), a, b).await;
        for n in 0..DOMAINS {
            self.domain(n, a, b).await;
        }
        for n in 0..ACCOUNTS {
            let (left, right) = (a.tokens(acc(n)).await, b.tokens(acc(n)).await);
            self.same("tokens", left, right);
            self.journal(Head::Account(acc(n)), a, b).await;
        }
        self.journal(Head::System, a, b).await;
        for after in [None, Some(dom(DOMAINS / 2))] {
            let left = a.root_domains(after, 3).await;
            let right = b.root_domains(after, 3).await;
            self.same("root domains", left, right);
        }
        for now in [Time(self.now.0), FAR] {
            let (left, right) = (a.due(now, 1000).await, b.due(now, 1000).await);
            self.same("what is due", left, right);
        }
        let left = a.pending_verifications(1000).await;
        let right = b.pending_verifications(1000).await;
        self.same("verifications", left, right);
        let (left, right) = (a.sent_mail(1000).await, b.sent_mail(1000).await);
        self.same("sent mails", left, right);
        let (left, right) = (sorted(a.check().await), sorted(b.check().await));
        self.same("differences", left, right);
    }

    async fn domain(&self, n: u64, a: &dyn Store, b: &dyn Store) {
        let domain = dom(n);
        for sort in [Sort::Created, Sort::Email, Sort::Name] {
            let all = Listing {
                sort,
                limit: 1000,
                ..Listing::default()
            };
            let (left, right) = (a.users(domain, &all).await, b.users(domain, &all).await);
            self.same("users", left, right);
        }
        self.whole_desk(domain, a, b).await;
        let (left, right) = (a.totals_below(domain).await, b.totals_below(domain).await);
        self.same("totals", left, right);
        self.journal(Head::Domain(domain), a, b).await;
    }

    async fn journal(&self, head: Head, a: &dyn Store, b: &dyn Store) {
        let left = a.journal(head, 0, 100_000).await;
        let right = b.journal(head, 0, 100_000).await;
        self.same("a journal", left, right);
    }
}

fn sorted(differences: Result<Vec<Difference>>) -> Result<Vec<Difference>> {
    differences.map(|mut all| {
        let key = |d: &Difference| (d.of, d.what.clone(), d.recorded, d.counted);
        all.sort_by_key(key);
        all
    })
}

/// Every key that a change can have written.
fn everything() -> Load {
    let users = || (0..DOMAINS).flat_map(|d| (0..USERS).map(move |u| (dom(d), usr(u))));
    let accounts = || (0..ACCOUNTS).map(acc);
    let heads = || {
        let domains = (0..DOMAINS).map(|n| Head::Domain(dom(n)));
        let accounts = accounts().map(Head::Account);
        domains.chain(accounts).chain([Head::System])
    };
    let numbers = || 0..OTHERS;
    let each = |end: u64| (0..DOMAINS).flat_map(move |d| (0..end).map(move |n| (dom(d), n)));
    Load {
        tokens: (0..OTHERS * 2).map(digest).collect(),
        token_ids: accounts()
            .flat_map(|account| numbers().map(move |n| (account, tok(n))))
            .collect(),
        accounts: accounts().collect(),
        domains: (0..DOMAINS).map(dom).collect(),
        names: (0..DOMAINS).map(dom).collect(),
        lineages: (0..DOMAINS).map(dom).collect(),
        users: users().collect(),
        people: users().collect(),
        invitations: (0..200).map(digest).collect(),
        remembered: heads()
            .flat_map(|head| numbers().map(move |n| (head, digest(n))))
            .collect(),
        attempts: numbers().map(digest).collect(),
        desks: users().collect(),
        memberships: users().collect(),
        contacts: users().collect(),
        sessions: each(OTHERS).map(|(d, n)| (d, ses(n))).collect(),
        pools: each(POOLS).map(|(d, n)| (d, pol(n))).collect(),
        pool_sessions: each(POOLS).map(|(d, n)| (d, pol(n))).collect(),
        pool_queues: each(POOLS).map(|(d, n)| (d, pol(n))).collect(),
        all_pools: (0..DOMAINS).map(dom).collect(),
        calls: each(OTHERS).map(|(d, n)| (d, cal(n))).collect(),
        links: each(OTHERS).map(|(d, n)| (d, lnk(n))).collect(),
        link_tokens: (0..OTHERS * 2).map(digest).collect(),
        teams: each(POOLS).map(|(d, n)| (d, tem(n))).collect(),
        team_members: each(POOLS).map(|(d, n)| (d, tem(n))).collect(),
        prices: true,
        keys: true,
        ..Load::default()
    }
}
