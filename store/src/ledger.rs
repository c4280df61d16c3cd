//! What rows of the ledger are made of, whatever table they stand in: the closed sets of words, sampling weights, the two
//! sides of a call, exemplars.
//!
//! Everything here that is added up is added up exactly: merging is commutative and associative to the last bit, so that
//! the parts of an observation may come in any order and a window that is made again is equal to what it was.

mod exemplars;
mod flags;
mod outcomes;
mod principals;
mod side;
mod split;
mod weight;
mod words;

pub use exemplars::{Exemplar, Exemplars};
pub use flags::Flags;
pub use outcomes::Outcomes;
pub use principals::Principals;
pub use side::Side;
pub use split::{Split, SplitPart};
pub use weight::Weight;
pub use words::{Evidence, NameKind, Observer, Origin, Outcome, Protocol, Reason, Segment, SideKind, UnknownWord};

pub use crate::histogram::Histogram;
