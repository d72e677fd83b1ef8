//! Which users of which domains each connection changes.
//!
//! No two connections change the same user, so that each operation is a real upgrade or a real
//! downgrade. Over many domains each connection visits its share in an order of its own, so that two
//! connections meet in one domain as by chance.

use crate::load::CONNECTIONS;

#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// The number of the first domain: two spreads at work in one run must not share a user.
    pub first: usize,
    pub domains: usize,
    pub users_per_domain: usize,
}

impl Spread {
    /// Every connection has one user in the same domain.
    pub const fn hot(domain: usize) -> Self {
        Self {
            first: domain,
            domains: 1,
            users_per_domain: CONNECTIONS,
        }
    }

    /// As many domains from this number on, each with users for a part of the connections.
    pub const fn over(first: usize, domains: usize) -> Self {
        Self {
            first,
            domains,
            users_per_domain: CONNECTIONS / Self::SHARES,
        }
    }

    /// Into how many shares the domains are cut when there are many.
    const SHARES: usize = 4;

    /// (domain, user) by number, in the order in which this connection visits them.
    pub fn of(self, connection: usize) -> impl Iterator<Item = (usize, usize)> {
        let shares = CONNECTIONS / self.users_per_domain;
        let share = connection % shares;
        let user = connection / shares;
        let mut domains: Vec<usize> = (share..self.domains).step_by(shares).collect();
        shuffle(&mut domains, connection as u64 + 1);
        domains
            .into_iter()
            .map(move |domain| (self.first + domain, user))
    }
}

/// Fisher and Yates with a xorshift: the same order in every run.
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(last, (state % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn visited(spread: Spread) -> Vec<(usize, usize)> {
        (0..CONNECTIONS)
            .flat_map(|connection| spread.of(connection))
            .collect()
    }

    #[test]
    fn every_user_of_every_domain_has_one_connection() {
        for spread in [Spread::hot(7), Spread::over(0, 1000), Spread::over(9, 64)] {
            let all = visited(spread);
            let distinct: HashSet<_> = all.iter().collect();
            assert_eq!(distinct.len(), all.len());
            assert_eq!(all.len(), spread.domains * spread.users_per_domain);
            assert!(all.iter().all(|(domain, user)| {
                (spread.first..spread.first + spread.domains).contains(domain)
                    && *user < spread.users_per_domain
            }));
        }
    }
}
