//! Numbers and texts out of bytes; nothing is taken that is not there.

use super::DecodeError;

/// What is left of a body.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(super) fn invalid(&self, what: &'static str) -> DecodeError {
        DecodeError::Invalid { what, at: self.at }
    }

    /// # Errors
    /// When bytes are left.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        match self.rest().len() {
            0 => Ok(()),
            left => Err(DecodeError::Trailing(left)),
        }
    }

    pub(super) fn bytes(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let bytes = self.rest().get(..length).ok_or(DecodeError::Truncated { what, at: self.bytes.len() })?;
        self.at += length;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let bytes = self.rest().first_chunk().ok_or(DecodeError::Truncated { what, at: self.bytes.len() })?;
        self.at += N;
        Ok(*bytes)
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(self.array::<1>(what)?[0])
    }

    pub(super) fn int(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    pub(super) fn float(&mut self, what: &'static str) -> Result<f64, DecodeError> {
        Ok(f64::from_bits(u64::from_le_bytes(self.array(what)?)))
    }

    /// A number of at most 64 bits that has no more bytes than it needs.
    pub(super) fn varint(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            let is_last = byte < 0x80;
            let is_longer_than_needed = is_last && bits == 0 && shift > 0;
            if is_longer_than_needed || (bits << shift) >> shift != bits {
                return Err(self.invalid(what));
            }
            number |= bits << shift;
            if is_last {
                return Ok(number);
            }
        }
        Err(self.invalid(what))
    }

    pub(super) fn zigzag(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        let number = self.varint(what)?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number that fits a smaller type.
    pub(super) fn small<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, DecodeError> {
        let number = self.varint(what)?;
        T::try_from(number).map_err(|_| self.invalid(what))
    }

    /// Items behind their number. `item_bytes_min` is what an item takes at least: a number of items for which there
    /// are not bytes enough is refused before memory is taken for them.
    pub(super) fn list<T>(
        &mut self,
        item_bytes_min: usize,
        what: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.small::<usize>(what)?;
        self.items(count, item_bytes_min, what, &mut item)
    }

    /// The same with the number known.
    pub(super) fn items<T>(
        &mut self,
        count: usize,
        item_bytes_min: usize,
        what: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        if count > self.rest().len() / item_bytes_min {
            return Err(DecodeError::Truncated { what, at: self.bytes.len() });
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }
}
