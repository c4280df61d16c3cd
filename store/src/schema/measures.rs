//! Columns that the tables of windows share: histograms, splits, exemplars, flags, principals. Each has its type, builder
//! and reader in one file.
//!
//! Structs that may be null have children that may be null too, because not every engine keeps the two apart; where the
//! struct is there, its children are.

mod exemplars;
mod flags;
mod histogram;
mod principals;
mod row;
mod split;

pub use exemplars::ExemplarView;
pub(super) use exemplars::{ExemplarLists, ExemplarsColumn, exemplars_type};
pub(super) use flags::{FlagMaps, FlagsColumn, flags_type};
pub use histogram::HistogramView;
pub(super) use histogram::{HistogramColumn, Histograms, histogram_type};
pub(super) use principals::{PrincipalLists, PrincipalsColumn, principals_type};
pub use row::InvalidRow;
pub(super) use row::{Columns, Optional, Texts, Weights};
pub(super) use split::{SplitColumn, Splits, split_type};
