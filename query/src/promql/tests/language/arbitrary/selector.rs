//! Names, matchers, and what stands behind them.

use super::{Grower, LABELS, SPAN};
use crate::promql::source::{MatchOp, Matcher};
use crate::promql::tree::{At, Edges, VectorSelector};

const NAMES: [&str; 14] = [
    "x",
    "http_requests_total",
    "a:b:c",
    "sum",
    "by",
    "and",
    "offset",
    "start",
    "step",
    "fill",
    "Or",
    "_",
    "min_of",
    "E1",
];
pub(super) const VALUES: [&str; 8] = ["", "a", "a\"b\\c\n", "ü\u{0}\u{7f}\u{a0}", "'`", "\u{fffd}", "$x", "🦀"];
const PATTERNS: [&str; 5] = [".*", ".+", "a|b\\.c", "", "[^\"]"];

impl Grower {
    /// Braces that may match everything.
    pub(super) fn labels_only(&mut self) -> VectorSelector {
        let matchers = (0..self.pick(3)).map(|_| self.matcher(true)).collect();
        VectorSelector { span: SPAN, name: None, matchers, offset: None, at: None, edges: Edges::Plain }
    }

    pub(super) fn selector(&mut self, may_be_open: bool) -> VectorSelector {
        let name = (self.pick(4) != 1).then(|| self.one_of(&NAMES).to_owned());
        let mut matchers: Vec<_> = (0..self.pick(3)).map(|_| self.matcher(name.is_none())).collect();
        if let Some(name) = &name {
            matchers.push(Matcher::equal("__name__", name.as_str()));
        } else if !matchers.iter().any(|matcher| !matcher.matches("")) {
            matchers.push(Matcher::equal("__name__", "x"));
        }
        let at = self.at();
        let edges = self.one_of(&[Edges::Plain, Edges::Plain, Edges::Anchored, Edges::Smoothed]);
        let is_closed = at.is_some() || edges != Edges::Plain;
        VectorSelector { span: SPAN, name, matchers, offset: self.offset(may_be_open && is_closed), at, edges }
    }

    fn matcher(&mut self, may_be_name: bool) -> Matcher {
        let name = match self.one_of(&LABELS) {
            "__name__" if !may_be_name => "job",
            name => name,
        };
        match self.pick(4) {
            0 => Matcher::new(MatchOp::Equal, name, self.one_of(&VALUES)),
            1 => Matcher::new(MatchOp::NotEqual, name, self.one_of(&VALUES)),
            2 => Matcher::new(MatchOp::Regex, name, self.one_of(&PATTERNS)),
            _ => Matcher::new(MatchOp::NotRegex, name, self.one_of(&PATTERNS)),
        }
        .expect("a pattern")
    }

    pub(super) fn at(&mut self) -> Option<At> {
        match self.pick(6) {
            1 => Some(At::Start),
            2 => Some(At::End),
            3 => Some(At::Time(i64::from(self.choice()))),
            4 => Some(At::Time(-i64::from(self.choice()))),
            _ => None,
        }
    }
}
