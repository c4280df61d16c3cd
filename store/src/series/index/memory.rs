//! What things take in memory, by what is known of allocators and hash tables. Estimates: allocators differ.

/// What an allocator keeps of a block beside its contents, and to what it rounds; as glibc does.
const BLOCK_HEAD_BYTES: usize = 8;
const BLOCK_STEP_BYTES: usize = 16;
const BLOCK_BYTES_MIN: usize = 32;

/// Strong and weak count.
const ARC_HEAD_BYTES: usize = 16;

/// A block of so many bytes; nothing when it is empty.
pub(super) fn block_bytes(contents: usize) -> usize {
    match contents {
        0 => 0,
        _ => (contents + BLOCK_HEAD_BYTES).next_multiple_of(BLOCK_STEP_BYTES).max(BLOCK_BYTES_MIN),
    }
}

/// The text behind an `Arc<str>`.
pub(super) fn text_bytes(text: &str) -> usize {
    block_bytes(ARC_HEAD_BYTES + text.len())
}

/// A hash table of the standard library that has room for `capacity` entries: a power of two of places, of which at
/// most seven in eight are taken, with one byte of control each.
pub(super) fn table_bytes(capacity: usize, entry_bytes: usize) -> usize {
    match capacity {
        0 => 0,
        _ => (capacity * 8 / 7).next_power_of_two() * (entry_bytes + 1),
    }
}
