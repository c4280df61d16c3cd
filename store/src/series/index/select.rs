//! Which series fulfil conditions.
//!
//! Each condition becomes a set of series to keep or a set to take away: if the empty value fulfils it, so do series
//! without the label, and only those whose value does not fulfil it go. Sets come from the postings of a label's
//! values. Conditions whose values are known at once come first; where few series are left, the values of only those
//! are looked at instead of all values of the label. Either way a regular expression meets each value once.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::Slot;
use super::dictionary::{LabelName, NameId, PairId};
use super::hash::FoldState;
use super::label_index::LabelIndex;
use super::pattern::Shape;
use super::postings::Postings;
use crate::series::id::SeriesId;
use crate::series::matcher::{MatchOp, Matcher};

/// To find a label of a series costs as much as to match so many values.
const LOOK_COST: u64 = 4;

/// A condition, taken apart.
struct Condition<'a> {
    matcher: &'a Matcher,
    shape: Shape,
    /// `None` when no series has the label.
    name: Option<(NameId, &'a LabelName)>,
    /// Whether a series without the label fulfils it.
    is_met_by_absence: bool,
}

/// The series with certain values of a label.
enum Values {
    None,
    /// Any value.
    Present,
    Pairs(Vec<PairId>),
}

impl LabelIndex {
    /// The slots of series that fulfil all conditions. A label that a series has not has the empty value.
    pub fn select(&self, matchers: &[Matcher]) -> RoaringBitmap {
        let mut conditions: Vec<Condition<'_>> = matchers.iter().map(|matcher| self.condition(matcher)).collect();
        conditions.sort_by_cached_key(|condition| condition.cost(self));
        let mut selected = None;
        for condition in &conditions {
            self.apply(condition, &mut selected);
            if selected.as_ref().is_some_and(RoaringBitmap::is_empty) {
                break;
            }
        }
        let mut selected = selected.unwrap_or_else(|| self.all());
        selected -= &self.dropped;
        selected
    }

    /// The ids of series that fulfil all conditions, in the order of slots.
    pub fn ids(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        self.select(matchers).into_iter().map(|slot| self.id(slot)).collect()
    }

    fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.slots());
        all
    }

    fn condition<'a>(&'a self, matcher: &'a Matcher) -> Condition<'a> {
        let shape = match matcher.op {
            MatchOp::Equal | MatchOp::NotEqual => Shape::Texts(vec![matcher.value.to_string()]),
            MatchOp::Regex | MatchOp::NotRegex => Shape::of(&matcher.value),
        };
        let name = self.dictionary.find(&matcher.name);
        Condition { matcher, shape, name, is_met_by_absence: matcher.matches("") }
    }

    /// Narrows a selection; `None` are all series.
    fn apply(&self, condition: &Condition<'_>, selected: &mut Option<RoaringBitmap>) {
        let Some((id, name)) = condition.name else {
            if !condition.is_met_by_absence {
                *selected = Some(RoaringBitmap::new());
            }
            return;
        };
        match selected {
            Some(few) if condition.is_search() && few.len() * LOOK_COST < name.values.len() as u64 => {
                *few = self.kept_of(few, condition, id);
            }
            _ if condition.is_met_by_absence => {
                let away = condition.values(name, |value| !condition.matcher.matches(value));
                self.take_away(&away, name, selected);
            }
            _ => {
                let kept = condition.values(name, |value| condition.matcher.matches(value));
                self.keep(&kept, name, selected);
            }
        }
    }

    /// Those of few series that fulfil a condition.
    fn kept_of(&self, few: &RoaringBitmap, condition: &Condition<'_>, name: NameId) -> RoaringBitmap {
        let mut known: HashMap<PairId, bool, FoldState> = HashMap::default();
        let is_kept = |slot: &Slot| match self.pair_named(*slot, name) {
            None => condition.is_met_by_absence,
            Some(pair) => {
                *known.entry(pair).or_insert_with(|| condition.matcher.matches(&self.dictionary.pair(pair).value))
            }
        };
        few.iter().filter(is_kept).collect()
    }

    fn take_away(&self, away: &Values, name: &LabelName, selected: &mut Option<RoaringBitmap>) {
        if matches!(away, Values::None) {
            return;
        }
        let selected = selected.get_or_insert_with(|| self.all());
        match away {
            Values::None => {}
            Values::Present => *selected -= &name.present,
            Values::Pairs(pairs) => *selected -= self.union(pairs),
        }
    }

    fn keep(&self, kept: &Values, name: &LabelName, selected: &mut Option<RoaringBitmap>) {
        match (kept, selected.as_mut()) {
            (Values::None, _) => *selected = Some(RoaringBitmap::new()),
            (Values::Present, Some(selected)) => *selected &= &name.present,
            (Values::Present, None) => *selected = Some(name.present.clone()),
            (Values::Pairs(pairs), Some(selected)) if pairs.len() == 1 => {
                self.dictionary.pair(pairs[0]).postings.keep_in(selected);
            }
            (Values::Pairs(pairs), Some(selected)) => *selected &= self.union(pairs),
            (Values::Pairs(pairs), None) => *selected = Some(self.union(pairs)),
        }
    }

    /// How many series have one of these values.
    fn series_with(&self, texts: &[String], name: &LabelName) -> u64 {
        let pairs = texts.iter().filter_map(|text| name.values.get(&**text));
        pairs.map(|pair| self.dictionary.pair(*pair).postings.len()).sum()
    }

    fn union(&self, pairs: &[PairId]) -> RoaringBitmap {
        match pairs {
            [pair] => self.dictionary.pair(*pair).postings.bitmap(),
            _ => Postings::union(pairs.iter().map(|pair| &self.dictionary.pair(*pair).postings)),
        }
    }
}

impl Condition<'_> {
    /// Whether values must be looked at to know which fulfil it.
    fn is_search(&self) -> bool {
        matches!(self.shape, Shape::Prefix { .. } | Shape::Other)
    }

    /// Lower comes first: what is impossible, then what narrows at once, then what takes away, then searches, those of
    /// labels with few values before others.
    fn cost(&self, index: &LabelIndex) -> (u8, u64) {
        let Some((_, name)) = self.name else { return (0, 0) };
        match (&self.shape, self.is_met_by_absence) {
            (Shape::Texts(texts), false) if self.is_positive() => (1, index.series_with(texts, name)),
            (Shape::Texts(_) | Shape::Any | Shape::NotEmpty, false) => (2, 0),
            (Shape::Texts(_) | Shape::Any | Shape::NotEmpty, true) => (3, 0),
            (Shape::Prefix { .. } | Shape::Other, _) => (4, name.values.len() as u64),
        }
    }

    fn is_positive(&self) -> bool {
        matches!(self.matcher.op, MatchOp::Equal | MatchOp::Regex)
    }

    /// The values that the series to keep have, or those of the series to take away: `is_wanted` tells.
    ///
    /// A condition that absence fulfils takes away, others keep. So the values of a list are wanted when it is positive
    /// and keeps, or negative and takes away; the empty text in a list says nothing about values.
    fn values(&self, name: &LabelName, is_wanted: impl Fn(&str) -> bool) -> Values {
        let is_listed = self.is_positive() != self.is_met_by_absence;
        match &self.shape {
            Shape::Texts(texts) if is_listed => Values::listed(texts, name),
            Shape::Texts(texts) if texts.iter().all(String::is_empty) => Values::Present,
            Shape::Any | Shape::NotEmpty if is_listed => Values::Present,
            Shape::Any | Shape::NotEmpty => Values::None,
            // No prefix is empty: it keeps when positive and takes away when negative, so it is always listed.
            Shape::Prefix { text, is_more } => Values::found(name, |value| {
                value.len() >= text.len() + usize::from(*is_more) && value.starts_with(&**text)
            }),
            Shape::Texts(_) | Shape::Other => Values::found(name, is_wanted),
        }
    }
}

impl Values {
    fn listed(texts: &[String], name: &LabelName) -> Self {
        let mut pairs: Vec<PairId> = texts.iter().filter_map(|text| name.values.get(&**text).copied()).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self::of(pairs)
    }

    fn found(name: &LabelName, is_wanted: impl Fn(&str) -> bool) -> Self {
        let wanted = name.values.iter().filter(|(value, _)| is_wanted(value));
        Self::of(wanted.map(|(_, pair)| *pair).collect())
    }

    fn of(pairs: Vec<PairId>) -> Self {
        if pairs.is_empty() { Self::None } else { Self::Pairs(pairs) }
    }
}
