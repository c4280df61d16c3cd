//! The rules on small traces written as text, on public corpora, and on random traces.

mod case;
mod cases;
mod corpora;
mod random;
mod show;
mod sizes;
