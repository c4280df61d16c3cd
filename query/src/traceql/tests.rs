//! Texts to trees and back: cases, other people's queries, random trees, and what is too much.

/// What is too long, too deep or too much.
mod bounds;
/// Queries of clients and of the public grammar.
mod corpus;
/// Texts, and what they are read as.
mod grammar;
/// Random trees and texts.
mod trees;

use super::tree::Query;
use super::{lexer, parser};

/// A tree without types checked.
fn tree(text: &str) -> Query {
    parser::parse(&lexer::tokens(text).unwrap()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}
