//! Where and how a message is malformed.

use std::fmt;

use thiserror::Error;

use super::reader::{Names, WireType};
use crate::otlp::budget::Spent;

/// What is wrong. The cases are those in which prost refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("it ends within a field")]
    Truncated,
    #[error("a number has more than 64 bits")]
    Varint,
    #[error("a field has a number or a type that none can have")]
    Key,
    #[error("it is of type {found}, not {expected}")]
    WireType { found: WireType, expected: WireType },
    #[error("a group ends that did not begin")]
    Group,
    #[error("invalid UTF-8")]
    Utf8,
    #[error("messages are nested too deep")]
    Depth,
    /// Nothing is wrong but that there is too much of it.
    #[error(transparent)]
    Memory(#[from] Spent),
}

/// A problem and the fields that lead to it: `resource_spans.scope_spans.spans.name: invalid UTF-8`.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(Box<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    /// The innermost first.
    path: Vec<&'static str>,
    problem: Problem,
}

impl Malformed {
    /// The same, seen from the message around it.
    #[cold]
    pub fn within(mut self, names: Names, number: u32) -> Self {
        let name = names.get(number as usize - 1).copied().unwrap_or("(unknown field)");
        self.0.path.push(name);
        self
    }
}

impl From<Problem> for Malformed {
    #[cold]
    fn from(problem: Problem) -> Self {
        Self(Box::new(Inner { path: Vec::new(), problem }))
    }
}

impl From<Spent> for Malformed {
    #[cold]
    fn from(spent: Spent) -> Self {
        Problem::Memory(spent).into()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { path, problem } = &*self.0;
        for (at, name) in path.iter().rev().enumerate() {
            write!(f, "{}{name}", if at > 0 { "." } else { "" })?;
        }
        write!(f, "{}{problem}", if path.is_empty() { "" } else { ": " })
    }
}
