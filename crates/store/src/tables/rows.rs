//! What a write becomes: a row of one of the tables.

use usher_rules::accounts::{Account, Place};
use usher_rules::domains::Domain;
use usher_rules::prices::PriceBook;
use usher_rules::seats::SeatKind;
use usher_rules::tiers::Tier;
use usher_rules::users::{User, UserState};
use usher_rules::{DomainId, UserId};

use super::*;
use crate::codec;
use crate::records::{
    AccountRecord, Attempts, DomainRecord, Mail, Person, Remembered, SigningKey, Token,
};
use crate::unit::{JournalEntry, Unit, Write};

/// The values of a journal entry, in [`JOURNAL`]'s order.
#[must_use]
pub fn journal_row(unit: &Unit, entry: &JournalEntry) -> Vec<Value> {
    let (kind, payload) = codec::encode(&entry.event);
    vec![
        Value::id(entry.head.key()),
        Value::Int(i64::try_from(entry.seq).ok()),
        Value::id(unit.id.0),
        Value::time(entry.at),
        Value::time(entry.recorded_at),
        Value::Id(entry.actor.map(|a| a.0)),
        Value::id(entry.request),
        Value::word(kind),
        Value::text(payload),
    ]
}

impl Write {
    /// The row that this writes or removes.
    #[must_use]
    pub fn row(&self) -> Row {
        match self {
            Write::Account(a) => Row::Put(&ACCOUNTS, account(a)),
            Write::AccountRecord(r) => Row::Put(&ACCOUNT_RECORDS, account_record(r)),
            Write::Domain(d) => Row::Put(&DOMAINS, domain(d)),
            Write::Seats(d) => Row::Put(&SEATS, seats(d)),
            Write::DomainRecord(r) => Row::Put(&DOMAIN_RECORDS, domain_record(r)),
            Write::User(u) => Row::Put(&USERS, user(u)),
            Write::RemoveUser(domain, id) => Row::Remove(&USERS, user_key(*domain, *id)),
            Write::Person(p) => Row::Put(&PEOPLE, person(p)),
            Write::RemovePerson(domain, id) => Row::Remove(&PEOPLE, user_key(*domain, *id)),
            Write::Pool(p) => Row::Put(&POOLS, desk::pool(p)),
            Write::RemovePool(domain, id) => Row::Remove(&POOLS, desk::key(*domain, id.0)),
            Write::PoolRecord(r) => Row::Put(&POOL_RECORDS, desk::pool_record(r)),
            Write::RemovePoolRecord(domain, id) => {
                Row::Remove(&POOL_RECORDS, desk::key(*domain, id.0))
            }
            Write::Session(row) => Row::Put(&SESSIONS, desk::session(row)),
            Write::EndedSession(ended, record) => {
                Row::Put(&SESSIONS, desk::ended_session(ended, record))
            }
            Write::Seen {
                domain,
                session,
                at,
            } => Row::Seen([Value::id(domain.0), Value::id(session.0), Value::time(*at)]),
            Write::Call(call) => Row::Put(&CALLS, desk::call(call)),
            Write::Link(link, record) => Row::Put(&CALL_LINKS, desk::link(link, record)),
            Write::Waiting(w) => Row::Put(&WAITING, desk::waiting(w)),
            Write::RemoveWaiting(domain, user) => Row::Remove(&WAITING, user_key(*domain, *user)),
            Write::Team(t) => Row::Put(&TEAMS, desk::team(t)),
            Write::RemoveTeam(domain, id) => Row::Remove(&TEAMS, desk::key(*domain, id.0)),
            Write::Member(domain, team, user) => {
                Row::Put(&TEAM_MEMBERS, desk::member(*domain, *team, *user))
            }
            Write::RemoveMember(domain, team, user) => {
                Row::Remove(&TEAM_MEMBERS, desk::member_key(*domain, *team, *user))
            }
            Write::Contact(c) => Row::Put(&CONTACTS, desk::contact(c)),
            Write::RemoveContact(domain, user, contact) => {
                Row::Remove(&CONTACTS, desk::contact_key(*domain, *user, *contact))
            }
            Write::Token(t) => Row::Put(&TOKENS, token(t)),
            Write::RemoveToken(account, id) => {
                Row::Remove(&TOKENS, vec![Value::id(account.0), Value::id(id.0)])
            }
            Write::Remembered(r) => Row::Put(&REMEMBERED, remembered(r)),
            Write::Mail(m) => Row::Put(&MAIL, mail(m)),
            Write::Attempts(a) => Row::Put(&ATTEMPTS, attempts(a)),
            Write::PriceBook(b) => Row::Put(&PRICE_BOOKS, price_book(b)),
            Write::SigningKey(k) => Row::Put(&SIGNING_KEYS, signing_key(k)),
            Write::RemoveSigningKey(kid) => {
                Row::Remove(&SIGNING_KEYS, vec![Value::text(kid.clone())])
            }
        }
    }
}

fn user_key(domain: DomainId, user: UserId) -> Vec<Value> {
    vec![Value::id(domain.0), Value::id(user.0)]
}

fn account(a: &Account) -> Vec<Value> {
    let (plan, domain, member) = match a.place {
        Place::Unmanaged { plan } => (Some(plan.name()), None, None),
        Place::Managed { domain, user } => (None, Some(domain.0), Some(user.0)),
    };
    vec![
        Value::id(a.id.0),
        Value::opt_word(plan),
        Value::Id(domain),
        Value::Id(member),
        Value::Id(a.owns.map(|d| d.0)),
        Value::word(a.identity.name()),
        Value::int(a.operator),
    ]
}

fn account_record(r: &AccountRecord) -> Vec<Value> {
    vec![
        Value::id(r.account.0),
        Value::text(r.email.clone()),
        Value::text(r.name.clone()),
        Value::opt_text(r.password.clone()),
        Value::opt_text(r.totp_secret.clone()),
        Value::int(r.totp_active),
        Value::opt_text(r.identity_note.clone()),
        Value::time(r.created_at),
    ]
}

fn domain(d: &Domain) -> Vec<Value> {
    let billing = d.billing;
    vec![
        Value::id(d.id.0),
        Value::id(d.owner.0),
        Value::Id(d.parent.map(|(domain, _)| domain.0)),
        Value::Id(d.parent.map(|(_, user)| user.0)),
        Value::id(d.root.0),
        Value::opt_text(billing.map(|b| b.currency.code().to_owned())),
        Value::opt_text(billing.map(|b| b.zone.name().to_owned())),
        Value::opt_word(billing.map(|b| b.method.name())),
        Value::Id(billing.map(|b| b.activated_by.0)),
        Value::opt_time(d.standing.first_met),
        Value::opt_time(d.standing.lapsed_at),
        Value::opt_time(d.standing.last_lapse.map(|(from, _)| from)),
        Value::opt_time(d.standing.last_lapse.map(|(_, to)| to)),
        Value::word(d.standing.noted.name()),
        Value::opt_time(d.standing.noted_until),
        Value::int(d.closed),
    ]
}

fn seats(d: &Domain) -> Vec<Value> {
    let counts = [d.users, d.pools, d.teams].map(Value::int);
    let mut row = vec![Value::id(d.id.0)];
    row.extend(counts);
    for kind in SeatKind::ALL {
        let seat = d.seats.get(kind);
        row.push(Value::int(seat.ordered));
        row.push(Value::int(seat.in_use));
        row.push(Value::Int(seat.scheduled.map(|s| s.quantity.into())));
        row.push(Value::opt_time(seat.scheduled.map(|s| s.at)));
    }
    let due = d
        .seats
        .iter()
        .filter_map(|(_, s)| s.scheduled)
        .map(|s| s.at);
    row.push(Value::opt_time(due.min()));
    row
}

fn domain_record(r: &DomainRecord) -> Vec<Value> {
    vec![
        Value::id(r.domain.0),
        Value::text(r.name.clone()),
        Value::text(r.prefix.clone()),
        Value::opt_text(r.billing_name.clone()),
        Value::opt_text(r.billing_email.clone()),
        Value::time(r.created_at),
    ]
}

fn user(u: &User) -> Vec<Value> {
    let expires_at = match u.state {
        UserState::Invited { expires_at } => Some(expires_at),
        _ => None,
    };
    vec![
        Value::id(u.domain.0),
        Value::id(u.id.0),
        Value::word(u.state.name()),
        Value::opt_time(expires_at),
        Value::Id(u.state.account().map(|a| a.0)),
        Value::word(u.license.model()),
        Value::opt_word(u.license.named_tier().map(Tier::name)),
        Value::Id(u.license.pool().map(|p| p.0)),
        Value::word(u.role.name()),
        Value::int(u.permissions.0),
        Value::int(u.features_off.0),
        Value::Id(u.owns.map(|d| d.0)),
        Value::int(u.reserved),
    ]
}

fn person(p: &Person) -> Vec<Value> {
    vec![
        Value::id(p.domain.0),
        Value::id(p.user.0),
        Value::text(p.email.clone()),
        Value::text(p.name.clone()),
        Value::text(p.name.to_lowercase()),
        Value::text(p.description.clone()),
        Value::opt_text(p.external_id.clone()),
        Value::Blob(p.invitation.map(|d| d.to_vec())),
        Value::time(p.created_at),
    ]
}

fn token(t: &Token) -> Vec<Value> {
    vec![
        Value::id(t.account.0),
        Value::id(t.id.0),
        Value::digest(t.digest),
        Value::word(t.kind.name()),
        Value::text(t.name.to_string()),
        Value::int(t.read_only),
        Value::time(t.created_at),
        Value::time(t.expires_at),
    ]
}

fn remembered(r: &Remembered) -> Vec<Value> {
    vec![
        Value::id(r.head),
        Value::digest(r.key),
        Value::digest(r.fingerprint),
        Value::int(r.status),
        Value::text(r.body.clone()),
        Value::Id(r.token.map(|t| t.0)),
        Value::time(r.at),
    ]
}

fn mail(m: &Mail) -> Vec<Value> {
    vec![
        Value::id(m.id),
        Value::text(m.template.clone()),
        Value::text(m.recipient.clone()),
        Value::text(m.params.clone()),
        Value::time(m.created_at),
        Value::time(m.due_at),
        Value::int(m.attempts),
        Value::opt_time(m.sent_at),
    ]
}

fn attempts(a: &Attempts) -> Vec<Value> {
    vec![
        Value::digest(a.key),
        Value::int(a.wrong),
        Value::time(a.blocked_until),
        Value::time(a.last_at),
        // The row's version after this write; see `Attempts::version`.
        Value::int(a.version + 1),
    ]
}

fn price_book(b: &PriceBook) -> Vec<Value> {
    vec![
        Value::int(b.version),
        Value::time(b.from),
        Value::text(codec::encode_prices(&b.prices)),
    ]
}

fn signing_key(k: &SigningKey) -> Vec<Value> {
    vec![
        Value::text(k.kid.clone()),
        Value::digest(k.secret),
        Value::digest(k.public),
        Value::time(k.created_at),
        Value::opt_time(k.retired_at),
    ]
}
