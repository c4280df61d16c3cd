//! Columns of lake files as their pages are encoded: what is asked of a text is asked of each different text once, and rows that
//! nobody wants are never made.
//!
//! A row group's column is a dictionary and codes into it wherever that is shorter (`docs/formats.md`, "Files"), so that a condition on it
//! is a table of truths by code ([`Column::truths`]) and its values a few views of one buffer ([`Column::take`]). Pages whose rows
//! are not wanted are not fetched. Read is what Spanloom writes: data pages of version 1, plain, by dictionary or in deltas,
//! compressed with zstd (Parquet format 2.12, "Encodings"); other files are left to the Parquet library.

/// Runs and packed bits.
mod bits;
/// Decoded pages that are kept.
mod cache;
/// Codes instead of values.
mod coded;
/// A column of a row group.
mod column;
/// Pages to values.
mod decode;
/// Numbers as differences.
mod delta;
/// Headers of pages.
mod header;
/// Where columns are in a file.
mod layout;
/// Which entries rows have.
mod lists;

#[cfg(test)]
mod tests;

use parquet::errors::ParquetError;

pub use cache::{FilePages, PageCache};
pub use coded::{Coder, coded_type};
pub use column::Column;
pub use layout::{Layout, PageBounds, Place, dictionary, read};

/// The first numbers of a hybrid, for those who write such.
#[cfg(test)]
pub(crate) fn hybrid_numbers(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, ParquetError> {
    Ok(bits::Hybrid::new(bytes, width)?.numbers(count)?.each(count).into_owned())
}

/// What is wrong with a page's bytes.
fn damaged(what: &str) -> ParquetError {
    ParquetError::General(format!("damaged page: {what}"))
}
