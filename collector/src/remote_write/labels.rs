//! Labels: version 1.0 writes them in letters, 2.0 as references to the symbols of the request.

use thiserror::Error;

use super::RemoteWriteError;
use super::intake::Pair;
use super::memory::Budget;
use super::wire::{Field, Message};

/// How a version writes labels.
#[derive(Debug, Clone, Copy)]
pub enum Dialect<'s, 'a> {
    Letters,
    /// A symbol that is no UTF-8 is `None`.
    Symbols(&'s [Option<&'a str>]),
}

/// Why labels cannot be read, although the message that holds them can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unreadable {
    #[error("a label is no UTF-8")]
    Utf8,
    #[error("a label refers to symbol {symbol}, and the request has {symbols}")]
    Symbol { symbol: u32, symbols: usize },
    #[error("the references of the labels are {0}, which is odd")]
    Odd(usize),
}

impl Unreadable {
    /// The reason under which it is counted.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Symbol { .. } | Self::Odd(_) => "symbols",
        }
    }
}

/// Gathers the labels of one message after another, in memory that is used again.
pub struct LabelsReader<'s, 'a> {
    dialect: Dialect<'s, 'a>,
    pub labels: Vec<Pair<'a>>,
    references: Vec<u32>,
    unreadable: Option<Unreadable>,
}

impl<'s, 'a> LabelsReader<'s, 'a> {
    pub const fn new(dialect: Dialect<'s, 'a>) -> Self {
        Self { dialect, labels: Vec::new(), references: Vec::new(), unreadable: None }
    }

    /// Forgets the labels of the message before.
    pub fn clear(&mut self) {
        self.labels.clear();
        self.references.clear();
        self.unreadable = None;
    }

    /// Reads field 1 of a series or an exemplar.
    ///
    /// # Errors
    /// When it is malformed, or the bounds are reached.
    pub fn read(&mut self, field: Field<'a>, budget: &mut Budget<'_>) -> Result<(), RemoteWriteError> {
        match self.dialect {
            Dialect::Letters => self.read_letters(field.bytes()?, budget),
            Dialect::Symbols(_) => self.read_references(field, budget),
        }
    }

    fn read_letters(&mut self, bytes: &'a [u8], budget: &mut Budget<'_>) -> Result<(), RemoteWriteError> {
        let (mut name, mut value) = (&b""[..], &b""[..]);
        let mut message = Message::new("Label", bytes);
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => name = field.bytes()?,
                2 => value = field.bytes()?,
                _ => {}
            }
        }
        match (str::from_utf8(name), str::from_utf8(value)) {
            (Ok(name), Ok(value)) => push(&mut self.labels, (name, value), budget)?,
            _ => self.unreadable = Some(Unreadable::Utf8),
        }
        Ok(())
    }

    fn read_references(&mut self, field: Field<'a>, budget: &mut Budget<'_>) -> Result<(), RemoteWriteError> {
        let mut grown = Ok(());
        field.each_varint(|reference| {
            if grown.is_ok() {
                grown = push(&mut self.references, reference as u32, budget);
            }
        })?;
        grown
    }

    /// The labels that were read lie in `labels` when this returns.
    ///
    /// # Errors
    /// When they are none.
    pub fn finish(&mut self) -> Result<(), Unreadable> {
        if let Dialect::Symbols(symbols) = self.dialect {
            self.resolve(symbols)?;
        }
        self.unreadable.map_or(Ok(()), Err)
    }

    fn resolve(&mut self, symbols: &[Option<&'a str>]) -> Result<(), Unreadable> {
        let (pairs, rest) = self.references.as_chunks();
        if !rest.is_empty() {
            return Err(Unreadable::Odd(self.references.len()));
        }
        for [name, value] in pairs {
            self.labels.push((symbol(symbols, *name)?, symbol(symbols, *value)?));
        }
        Ok(())
    }
}

/// Pushes to a list that lives as long as the request; memory is taken where it grows beyond what it ever was.
fn push<T>(list: &mut Vec<T>, item: T, budget: &mut Budget<'_>) -> Result<(), RemoteWriteError> {
    if list.len() == list.capacity() {
        // A reference becomes half a pair of slices.
        budget.take(list.len().max(4) * (size_of::<T>() + size_of::<Pair<'_>>()))?;
    }
    list.push(item);
    Ok(())
}

/// The text of a symbol.
///
/// # Errors
/// When there is none, or it is no text.
pub fn symbol<'a>(symbols: &[Option<&'a str>], symbol: u32) -> Result<&'a str, Unreadable> {
    match symbols.get(symbol as usize) {
        Some(Some(text)) => Ok(text),
        Some(None) => Err(Unreadable::Utf8),
        None => Err(Unreadable::Symbol { symbol, symbols: symbols.len() }),
    }
}
