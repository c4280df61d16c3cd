//! The ledger over a real store, with a clock of the test's own: what the tables hold must be what pairing says of all
//! spans, whatever came when and whatever was lost of memory.

mod bounds;
mod history;
mod late;
mod world;
