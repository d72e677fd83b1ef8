//! Keys of one kind, each once.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::slice;

use foldhash::fast::RandomState;

/// So many are compared one by one; only more than that are worth an index.
const FEW: usize = 16;

/// Keys of one kind that a load asks for: each once, in the order in which they were asked for.
/// Nearly always there are none, or one.
#[derive(Clone)]
pub struct Keys<K> {
    keys: Vec<K>,
    /// Of them all, once there are many.
    #[expect(
        clippy::box_collection,
        reason = "what is nearly always absent takes little"
    )]
    index: Option<Box<HashSet<K, RandomState>>>,
    /// How many of them somebody took up.
    taken: usize,
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Keys {
            keys: Vec::new(),
            index: None,
            taken: 0,
        }
    }
}

impl<K> Keys<K> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Each of them.
    pub fn iter(&self) -> slice::Iter<'_, K> {
        self.keys.iter()
    }

    /// Those that came since the last [`Keys::take_up`].
    #[must_use]
    pub fn fresh(&self) -> &[K] {
        &self.keys[self.taken..]
    }

    /// None of those that are here is fresh any more.
    pub fn take_up(&mut self) {
        self.taken = self.keys.len();
    }
}

impl<K: Eq + Hash + Clone> Keys<K> {
    /// Whether it is among them.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        match &self.index {
            Some(index) => index.contains(key),
            None => self.keys.contains(key),
        }
    }

    /// Adds a key; whether it was not there yet.
    pub fn insert(&mut self, key: K) -> bool {
        if let Some(index) = &mut self.index {
            if !index.insert(key.clone()) {
                return false;
            }
        } else if self.keys.contains(&key) {
            return false;
        }
        if self.keys.capacity() == 0 {
            self.keys.reserve_exact(1);
        }
        self.keys.push(key);
        if self.index.is_none() && self.keys.len() > FEW {
            self.index = Some(Box::new(self.keys.iter().cloned().collect()));
        }
        true
    }

    /// Leaves only those of which this is so.
    pub fn retain(&mut self, mut stays: impl FnMut(&K) -> bool) {
        let keys = std::mem::take(self).keys;
        self.extend(keys.into_iter().filter(|key| stays(key)));
    }
}

impl<K: Eq + Hash + Clone> Extend<K> for Keys<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<'a, K: Eq + Hash + Copy + 'a> Extend<&'a K> for Keys<K> {
    fn extend<I: IntoIterator<Item = &'a K>>(&mut self, keys: I) {
        self.extend(keys.into_iter().copied());
    }
}

impl<K: Eq + Hash + Clone> FromIterator<K> for Keys<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut all = Keys::default();
        all.extend(keys);
        all
    }
}

impl<K: Eq + Hash + Clone, const N: usize> From<[K; N]> for Keys<K> {
    fn from(keys: [K; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<'a, K> IntoIterator for &'a Keys<K> {
    type Item = &'a K;
    type IntoIter = slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.keys.iter()
    }
}

/// In whatever order.
impl<K: Eq + Hash + Clone> PartialEq for Keys<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|key| other.contains(key))
    }
}

impl<K: Eq + Hash + Clone> Eq for Keys<K> {}

impl<K: fmt::Debug> fmt::Debug for Keys<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_once_be_they_few_or_many() {
        let mut keys = Keys::default();
        for n in 0..100_u32 {
            assert!(keys.insert(n) && !keys.insert(n / 2));
            assert!(keys.contains(&n) && !keys.contains(&(n + 1)));
        }
        assert!(keys.iter().copied().eq(0..100));
        assert_eq!(keys.len(), 100);
    }

    #[test]
    fn what_came_since_it_was_taken_up_is_fresh() {
        let mut keys = Keys::from([1, 2]);
        assert_eq!(keys.fresh(), [1, 2]);
        keys.take_up();
        keys.extend([2, 3, 1]);
        assert_eq!(keys.fresh(), [3]);
        assert_eq!(keys, Keys::from([3, 1, 2]));
        assert_ne!(keys, Keys::from([3, 1, 4]));
    }
}
