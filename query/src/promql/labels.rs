//! The labels of a series, as the store has them.

pub use spanloom_store::series::{Label, Labels, is_metadata, label};

pub use label::{LE, NAME, TYPE, UNIT};
