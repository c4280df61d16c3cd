//! What a text says of a family: HELP, TYPE and UNIT, in any order, before its samples as a rule.

use std::borrow::Cow;

use spanloom_store::series::{MetricKind, MetricMetadata};

/// The family of which a text spoke last.
#[derive(Debug, Default)]
pub struct Family<'p> {
    /// As the text has it. Empty before the first.
    pub name: Cow<'p, str>,
    pub kind: Option<MetricKind>,
    help: Cow<'p, str>,
    unit: &'p str,
    is_new: bool,
}

/// One thing that a text says of a family.
#[derive(Debug)]
pub enum Said<'p> {
    Help(Cow<'p, str>),
    Kind(MetricKind),
    Unit(&'p str),
}

impl<'p> Family<'p> {
    /// Takes what is said of a family. If it is another one than before, returns what was said of that and not told
    /// yet.
    pub fn say(&mut self, name: Cow<'p, str>, said: Said<'p>, counter_suffix: &str) -> Option<MetricMetadata> {
        let before = if name == self.name { None } else { self.tell(counter_suffix) };
        if name != self.name {
            *self = Self { name, ..Self::default() };
        }
        match said {
            Said::Help(help) => self.help = help,
            Said::Kind(kind) => self.kind = Some(kind),
            Said::Unit(unit) => self.unit = unit,
        }
        self.is_new = true;
        before
    }

    /// What was said of the family, unless it was told before. `counter_suffix` is what the series of counters have
    /// behind the name of their family.
    pub fn tell(&mut self, counter_suffix: &str) -> Option<MetricMetadata> {
        if !std::mem::take(&mut self.is_new) {
            return None;
        }
        let kind = self.kind.unwrap_or_default();
        let needs_suffix = kind == MetricKind::Counter && !self.name.ends_with(counter_suffix);
        let family = if needs_suffix { format!("{}{counter_suffix}", self.name).into() } else { (*self.name).into() };
        Some(MetricMetadata { family, kind, help: (*self.help).into(), unit: self.unit.into() })
    }

    /// The kind of a series, if it looks like one of this family. A text may have families without TYPE behind this
    /// one.
    pub fn kind_of(&self, key: &str) -> MetricKind {
        let is_of_it = key.trim_start_matches(['{', '"']).starts_with(&*self.name);
        self.kind.filter(|_| is_of_it).unwrap_or_default()
    }
}
