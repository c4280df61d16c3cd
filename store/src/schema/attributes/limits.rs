//! How much is counted, so that what clients make up does not make the table as large as the spans.

/// Longer values are counted and not kept.
pub const VALUE_BYTES_MAX: usize = 128;
/// Values of one key, service and window that are kept.
pub const VALUES_MAX: usize = 1_000;
/// Of a key with more values, the most frequent ones are kept.
pub const VALUES_KEPT: usize = 100;
/// Keys of one service, scope and window.
const KEYS_MAX: usize = 5_000;
/// Longer keys are not proposed.
const KEY_BYTES_MAX: usize = 256;

/// The bounds of a tally. [`Limits::TABLE`] is what the table's format says; tests reach smaller ones sooner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub value_bytes_max: usize,
    pub values_max: usize,
    pub values_kept: usize,
    pub keys_max: usize,
    pub key_bytes_max: usize,
}

impl Limits {
    pub const TABLE: Self = Self {
        value_bytes_max: VALUE_BYTES_MAX,
        values_max: VALUES_MAX,
        values_kept: VALUES_KEPT,
        keys_max: KEYS_MAX,
        key_bytes_max: KEY_BYTES_MAX,
    };
}
