//! The store from outside: what is appended is there, exactly once, whatever happens in between.

mod fixture;
mod lake;
mod open;
mod reading;
mod restarts;
mod spans;
