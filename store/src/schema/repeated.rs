//! Equal keys among the attributes of one thing. OTLP forbids them, and readers of Parquet refuse maps that have them, so
//! the first stays and the others are counted.

use std::collections::HashSet;

/// Finds the second and later of equal keys. Few spans have more than a handful of attributes, so that a list is searched
/// first and a set only serves the others.
#[derive(Default)]
pub(super) struct RepeatedKeys<'a> {
    list: Vec<&'a str>,
    set: HashSet<&'a str>,
    pub count: usize,
}

impl<'a> RepeatedKeys<'a> {
    const LIST_MAX: usize = 24;

    pub fn is_repeated(&mut self, key: &'a str) -> bool {
        if self.list.contains(&key) || self.set.contains(key) {
            self.count += 1;
            return true;
        }
        if self.list.len() < Self::LIST_MAX {
            self.list.push(key);
        } else {
            self.set.insert(key);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_keys_stays_among_few_and_many() {
        let keys: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let mut repeated = RepeatedKeys::default();
        assert!(keys.iter().all(|key| !repeated.is_repeated(key)));
        assert!(keys.iter().all(|key| repeated.is_repeated(key)));
        assert_eq!(repeated.count, 100);
    }
}
