//! Holds what a batch writes against the promise that every change is in the journal, in the
//! same transaction (rule J1). For debug builds, and so for every test.

use usher_rules::Head;
use usher_store::{HeadChange, Write};

/// A row that changes though the journal that should tell of it doesn't grow.
pub(super) fn untold<'a>(heads: &[HeadChange], writes: &'a [Write]) -> Option<&'a Write> {
    let grows = |head: Head| {
        let mut changes = heads.iter();
        changes.any(|change| change.head == head && change.next > change.expected)
    };
    let mut writes = writes.iter();
    writes.find(|write| told_by(write).is_some_and(|head| !grows(head)))
}

/// Whose journal tells of a row; none for what no journal does: that a device was seen, an
/// answer under a key, a mail, a wrong attempt.
fn told_by(write: &Write) -> Option<Head> {
    let domain = match write {
        Write::Domain(domain) | Write::Seats(domain) => domain.id,
        Write::DomainRecord(record) => record.domain,
        Write::User(user) => user.domain,
        Write::Person(person) => person.domain,
        Write::Pool(pool) => pool.domain,
        Write::PoolRecord(record) => record.domain,
        Write::Session(row) => row.session.domain,
        Write::EndedSession(ended, _) => ended.domain,
        Write::Call(call) => call.domain,
        Write::Link(link, _) => link.domain,
        Write::Waiting(waiting) => waiting.domain,
        Write::Team(record) => record.domain,
        Write::RemoveUser(domain, _)
        | Write::RemovePerson(domain, _)
        | Write::RemovePool(domain, _)
        | Write::RemovePoolRecord(domain, _)
        | Write::RemoveWaiting(domain, _)
        | Write::RemoveTeam(domain, _)
        | Write::Member(domain, ..)
        | Write::RemoveMember(domain, ..) => *domain,
        Write::Account(account) => return Some(Head::Account(account.id)),
        Write::AccountRecord(record) => return Some(Head::Account(record.account)),
        Write::Token(token) => return Some(Head::Account(token.account)),
        Write::RemoveToken(account, _) => return Some(Head::Account(*account)),
        Write::PriceBook(_) | Write::SigningKey(_) | Write::RemoveSigningKey(_) => {
            return Some(Head::System);
        }
        Write::Seen { .. } | Write::Remembered(_) | Write::Mail(_) | Write::Attempts(_) => {
            return None;
        }
    };
    Some(Head::Domain(domain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_rules::{DomainId, UserId};

    fn head(domain: u128, next: u64) -> HeadChange {
        HeadChange {
            head: Head::Domain(DomainId::nth(domain)),
            expected: 4,
            next,
            in_turn: false,
        }
    }

    #[test]
    fn j1_a_row_is_told_of_by_its_own_journal_and_by_no_other() {
        let writes = [Write::RemovePerson(DomainId::nth(1), UserId::nth(7))];
        let untold = |heads: &[HeadChange]| untold(heads, &writes).is_some();
        assert!(untold(&[]));
        assert!(untold(&[head(1, 4)]));
        assert!(untold(&[head(2, 5)]));
        assert!(!untold(&[head(2, 4), head(1, 5)]));
    }
}
