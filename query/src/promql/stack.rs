//! Room for those who call themselves: trees may be 512 high, and a thread's stack is made for less.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// Trees that are higher get a stack of their own.
const HEIGHT_MAX: usize = 32;
/// Of that stack, for each level: more than twice what a level takes without optimisation.
const LEVEL_BYTES: usize = 64 << 10;

/// Does what goes down a tree of a height, where there is room for it.
///
/// # Errors
/// When there is no thread to be had.
pub(crate) fn with_room<T: Send>(height: usize, work: impl FnOnce() -> T + Send) -> Result<T, std::io::Error> {
    if height <= HEIGHT_MAX {
        return Ok(work());
    }
    let builder = Builder::new().name("promql".to_owned()).stack_size(height * LEVEL_BYTES);
    scope(|threads| {
        let thread = builder.spawn_scoped(threads, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}
