//! The rules on small traces written as text, on public corpora, and on random traces.

pub(crate) mod case;
mod cases;
mod corpora;
pub(crate) mod random;
mod show;
mod sizes;
