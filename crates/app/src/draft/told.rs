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
    writes.find(|write| write.head().is_some_and(|head| !grows(head)))
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
