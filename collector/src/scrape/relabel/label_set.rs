//! Labels while they change.

/// Names and values in any order, each name once. A label with an empty value is none.
///
/// Sets are small, so that a walk beats a search, and most changes are to few of the labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSet(Vec<(String, String)>);

impl LabelSet {
    /// The value of a label; empty when there is none of that name.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(held, _)| held == name).map_or("", |(_, value)| value)
    }

    /// An empty value takes the label away.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter().position(|(held, _)| held == name) {
            Some(at) if value.is_empty() => drop(self.0.swap_remove(at)),
            Some(at) => self.0[at].1 = value,
            None if value.is_empty() => {}
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Sets a label that is not there.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if self.get(name).is_empty() {
            self.set(name, value);
        }
    }

    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn sort(&mut self) {
        self.0.sort_unstable();
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for LabelSet {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut set = Self::default();
        pairs.into_iter().for_each(|(name, value)| set.set(name.as_ref(), value));
        set
    }
}
