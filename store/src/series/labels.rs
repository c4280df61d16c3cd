//! The labels of a series, by which it is told from others.

use std::fmt;
use std::sync::Arc;

use self::label::{NAME, TYPE, UNIT};

/// Names of labels that mean something to whoever reads series.
pub mod label {
    /// The label that holds a metric's name.
    pub const NAME: &str = "__name__";
    /// The label that holds a metric's type, when metadata are labels.
    pub const TYPE: &str = "__type__";
    /// The label that holds a metric's unit, when metadata are labels.
    pub const UNIT: &str = "__unit__";
    /// The label that holds the upper bound of a classic histogram's bucket.
    pub const LE: &str = "le";
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    pub name: Arc<str>,
    pub value: Arc<str>,
}

/// Labels sorted by name, each name once, no value empty. Cheap to clone.
///
/// Label sets compare as Prometheus sorts series: label by label, by name and then by value, the shorter set first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[Label]>);

impl Default for Labels {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

impl Labels {
    /// Labels of pairs in any order. An empty value is no label, and of two values for one name the later one counts.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut labels: Vec<Label> = Vec::new();
        for (name, value) in pairs {
            let label = Label { name: name.into(), value: value.into() };
            match labels.binary_search_by(|held| held.name.cmp(&label.name)) {
                Ok(at) => labels[at] = label,
                Err(at) => labels.insert(at, label),
            }
        }
        labels.retain(|label| !label.value.is_empty());
        Self(labels.into())
    }

    /// Labels that are sorted by name, each name once, no value empty.
    pub(super) fn of_sorted(labels: impl Iterator<Item = Label>) -> Self {
        Self(labels.collect())
    }

    /// The value of a label; empty when there is none of that name.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).map_or("", |label| &label.value)
    }

    pub fn find(&self, name: &str) -> Option<&Label> {
        // Label sets are short: a walk beats a search.
        self.0.iter().find(|label| &*label.name == name)
    }

    /// The metric's name; empty when it has none.
    pub fn metric(&self) -> &str {
        self.get(NAME)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Label> + DoubleEndedIterator {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These labels, but only those for which `keep` holds.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.0.iter().all(|label| keep(&label.name)) {
            return self.clone();
        }
        Self(self.0.iter().filter(|label| keep(&label.name)).cloned().collect())
    }

    /// These labels with one more or one changed; an empty value takes the label away.
    #[must_use]
    pub fn with(&self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        let more = Label { name: name.into(), value: value.into() };
        let mut labels: Vec<Label> = self.0.to_vec();
        match labels.binary_search_by(|held| held.name.cmp(&more.name)) {
            Ok(at) if more.value.is_empty() => drop(labels.remove(at)),
            Ok(at) => labels[at] = more,
            Err(_) if more.value.is_empty() => return self.clone(),
            Err(at) => labels.insert(at, more),
        }
        Self(labels.into())
    }

    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        self.filter(|held| held != name)
    }

    /// Without what describes the metric and not the thing measured: name, type and unit.
    #[must_use]
    pub fn without_metadata(&self) -> Self {
        self.filter(|name| !is_metadata(name))
    }
}

/// Whether a label describes the metric: it goes when a function changes what is measured.
pub fn is_metadata(name: &str) -> bool {
    matches!(name, NAME | TYPE | UNIT)
}

/// As Prometheus writes label sets in errors: `{a="b", c="d"}`, the name among the labels.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, label) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}={:?}", label.name, &*label.value)?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
