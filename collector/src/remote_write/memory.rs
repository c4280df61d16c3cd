//! Memory that decoding one request may take.

use super::RemoteWriteError;

/// Memory is reserved in steps of this size.
const STEP_BYTES: u64 = 256 << 10;

/// The bounds of one request.
pub struct Bounds<'r> {
    /// Of the body without compression.
    pub inflated_bytes_max: u64,
    /// Of what is made of it, which may be far more: an empty histogram takes two bytes on the wire.
    pub decoded_bytes_max: u64,
    /// Asked for more bytes before they are used; `false` when there are none.
    pub reserve: &'r mut dyn FnMut(u64) -> bool,
}

/// What is left of the bounds.
pub struct Budget<'r> {
    left: u64,
    /// Reserved and not used yet.
    reserved: u64,
    decoded_bytes_max: u64,
    reserve: &'r mut dyn FnMut(u64) -> bool,
}

impl<'r> Budget<'r> {
    pub fn new(bounds: Bounds<'r>) -> Self {
        let Bounds { decoded_bytes_max, reserve, .. } = bounds;
        Self { left: decoded_bytes_max, reserved: 0, decoded_bytes_max, reserve }
    }

    /// Takes what decoded objects need, give or take what allocators and growing lists add.
    ///
    /// # Errors
    /// [`RemoteWriteError::DecodedTooLarge`], [`RemoteWriteError::NoMemory`].
    pub fn take(&mut self, bytes: usize) -> Result<(), RemoteWriteError> {
        let bytes = bytes as u64;
        let too_large = RemoteWriteError::DecodedTooLarge { bytes_max: self.decoded_bytes_max };
        self.left = self.left.checked_sub(bytes).ok_or(too_large)?;
        if self.reserved < bytes {
            self.reserve_now(STEP_BYTES.max(bytes))?;
            self.reserved += STEP_BYTES.max(bytes);
        }
        self.reserved -= bytes;
        Ok(())
    }

    /// Reserves memory that has a bound of its own.
    ///
    /// # Errors
    /// [`RemoteWriteError::NoMemory`].
    pub fn reserve_now(&mut self, bytes: u64) -> Result<(), RemoteWriteError> {
        if (self.reserve)(bytes) { Ok(()) } else { Err(RemoteWriteError::NoMemory) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_was_reserved_before() {
        let mut reserved = 0;
        let mut reserve = |bytes| {
            reserved += bytes;
            true
        };
        let bounds = Bounds { inflated_bytes_max: 0, decoded_bytes_max: 1 << 20, reserve: &mut reserve };
        let mut budget = Budget::new(bounds);
        for _ in 0..1000 {
            budget.take(1000).unwrap();
        }
        let refused = RemoteWriteError::DecodedTooLarge { bytes_max: 1 << 20 };
        assert_eq!(budget.take(1 << 20), Err(refused));
        assert!((1_000_000..1_000_000 + STEP_BYTES).contains(&reserved), "{reserved}");
    }

    #[test]
    fn no_memory_is_no_fault_of_the_request() {
        let mut none = |_| false;
        let bounds = Bounds { inflated_bytes_max: 0, decoded_bytes_max: 1 << 20, reserve: &mut none };
        assert_eq!(Budget::new(bounds).take(1), Err(RemoteWriteError::NoMemory));
    }
}
