use parquet::errors::ParquetError;

use super::bits::{take, varint, zigzag};
use super::damaged;

/// Structures within structures of a header; Parquet has three.
const DEPTH_MAX: usize = 8;

/// A page's header (`PageHeader` of parquet.thrift, Thrift's compact protocol), without statistics.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// `PageType`: 0 data of version 1, 2 dictionary.
    pub kind: i64,
    pub uncompressed_bytes: i64,
    pub compressed_bytes: i64,
    pub values: i64,
    /// `Encoding`.
    pub encoding: i64,
    /// The header's own.
    pub header_bytes: usize,
}

const STOP: u8 = 0;
const STRUCT: u8 = 12;

/// The header at the start of the bytes.
pub(super) fn read(bytes: &[u8]) -> Result<PageHeader, ParquetError> {
    let mut reader = Reader(bytes);
    let mut header = PageHeader::default();
    let mut field = 0;
    loop {
        let kind = reader.field(&mut field)?;
        match (field, kind) {
            (_, STOP) => break,
            (1, 5) => header.kind = reader.int()?,
            (2, 5) => header.uncompressed_bytes = reader.int()?,
            (3, 5) => header.compressed_bytes = reader.int()?,
            // `DataPageHeader` and `DictionaryPageHeader` begin alike.
            (5 | 7, STRUCT) => reader.page(&mut header)?,
            _ => reader.skip(kind, 0)?,
        }
    }
    header.header_bytes = bytes.len() - reader.0.len();
    Ok(header)
}

/// What is left of the bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn int(&mut self) -> Result<i64, ParquetError> {
        varint(&mut self.0).map(zigzag)
    }

    /// The type of the next field, whose number `field` becomes.
    fn field(&mut self, field: &mut i64) -> Result<u8, ParquetError> {
        let byte = take(&mut self.0, 1)?[0];
        if byte != STOP {
            *field = if byte >> 4 == 0 { self.int()? } else { field.saturating_add(i64::from(byte >> 4)) };
        }
        Ok(byte & 0x0f)
    }

    fn page(&mut self, header: &mut PageHeader) -> Result<(), ParquetError> {
        let mut field = 0;
        loop {
            let kind = self.field(&mut field)?;
            match (field, kind) {
                (_, STOP) => return Ok(()),
                (1, 5) => header.values = self.int()?,
                (2, 5) => header.encoding = self.int()?,
                _ => self.skip(kind, 0)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<(), ParquetError> {
        match kind {
            1 | 2 => {}
            3 => _ = take(&mut self.0, 1)?,
            4..=6 => _ = varint(&mut self.0)?,
            7 => _ = take(&mut self.0, 8)?,
            8 => {
                let length = varint(&mut self.0)?;
                take(&mut self.0, usize::try_from(length).unwrap_or(usize::MAX))?;
            }
            STRUCT if depth < DEPTH_MAX => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        STOP => break,
                        kind => self.skip(kind, depth + 1)?,
                    }
                }
            }
            _ => return Err(damaged("its header has a field of a type that headers do not have")),
        }
        Ok(())
    }
}
