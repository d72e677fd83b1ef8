//! A map that forgets what was not used for long.

use foldhash::{HashMap, HashMapExt as _};
use std::hash::Hash;

/// How much of the capacity something takes.
pub(super) trait Weigh {
    fn weight(&self) -> usize;
}

/// Two generations: what is used is young; once the young are half of the capacity, they are
/// the old, and who was old until then goes.
pub(super) struct Recent<K, V> {
    capacity: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// Of the young.
    weight: usize,
}

impl<K: Copy + Eq + Hash, V: Weigh> Recent<K, V> {
    pub fn new(capacity: usize) -> Recent<K, V> {
        Recent {
            capacity,
            young: HashMap::new(),
            old: HashMap::new(),
            weight: 0,
        }
    }

    /// Without using it.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Whether it is among the old: who uses it takes it and puts it, so that it stays.
    pub fn is_old(&self, key: &K) -> bool {
        self.old.contains_key(key)
    }

    /// To change it in place; its weight must stay.
    pub fn peek_mut(&mut self, key: &K) -> Option<&mut V> {
        let young = self.young.get_mut(key);
        young.or_else(|| self.old.get_mut(key))
    }

    pub fn take(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.remove(key) {
            self.weight -= value.weight();
            return Some(value);
        }
        self.old.remove(key)
    }

    /// Whether others went for it.
    pub fn put(&mut self, key: K, value: V) -> bool {
        self.take(&key);
        self.weight += value.weight();
        self.young.insert(key, value);
        if self.weight <= self.capacity / 2 {
            return false;
        }
        self.weight = 0;
        self.old = std::mem::take(&mut self.young);
        true
    }

    #[cfg(test)]
    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.weight = 0;
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.young.iter().chain(&self.old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weigh for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    fn keys(recent: &Recent<u8, usize>) -> Vec<u8> {
        let mut keys: Vec<u8> = recent.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn what_was_not_used_while_half_came_in_goes() {
        let mut recent = Recent::new(10);
        for key in 1..=5 {
            assert!(!recent.put(key, 1));
        }
        assert!(recent.put(6, 1));
        assert!(recent.is_old(&1) && recent.is_old(&6));
        let one = recent.take(&1).unwrap();
        recent.put(1, one);
        assert!(!recent.is_old(&1));
        for key in 7..=10 {
            assert!(!recent.put(key, 1));
        }
        assert!(recent.put(11, 1));
        assert_eq!(keys(&recent), [1, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn never_more_than_the_capacity() {
        let mut recent = Recent::new(20);
        for n in 0..1000_usize {
            recent.put((n % 100) as u8, 1 + n % 7);
            let weight: usize = recent.iter().map(|(_, value)| *value).sum();
            assert!(weight <= 20 + 7, "{weight}");
        }
    }
}
