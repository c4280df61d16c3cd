//! Fault points: named places on the write path where a debug build can be told to die or to fail, so that tests can show
//! what survives. A release build contains none of it.
//!
//! A spec is `name=action@hit` (`flush.before_commit=abort@2`), several joined by commas. `abort` ends the process as
//! `kill -9` would; `error` makes the step fail as a full disk or a broken one would; `hang` lets it wait until other points
//! are armed, or none, as a disk that does not answer does. Without `@hit` every hit acts.

/// The points, in the order in which a span meets them.
pub const POINTS: &[&str] = &[
    "wal.append",
    "wal.before_sync",
    "wal.after_sync",
    "wal.new_segment",
    "flush.before_files",
    "flush.before_commit",
    "flush.after_commit",
    "flush.before_trim",
    "windows.before_files",
    "windows.before_commit",
    "windows.after_commit",
    "compaction.before_files",
    "compaction.before_commit",
    "compaction.after_commit",
    "retention.before_commit",
    "retention.after_commit",
    "vacuum.before_delete",
    "vacuum.after_delete",
];

/// A failure that a test asked for.
#[derive(Debug, thiserror::Error)]
#[error("fault injected at {0}")]
pub struct Injected(pub &'static str);

impl From<Injected> for std::io::Error {
    fn from(injected: Injected) -> Self {
        Self::other(injected)
    }
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{Condvar, Mutex};

    use super::{Injected, POINTS};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Action {
        Abort,
        Error,
        Hang,
    }

    #[derive(Debug)]
    struct Armed {
        point: &'static str,
        action: Action,
        /// The hit that acts; `None` for all of them.
        hit: Option<u64>,
        hits: u64,
    }

    static ARMED: Mutex<Vec<Armed>> = Mutex::new(Vec::new());
    /// Told when others are armed.
    static CHANGED: Condvar = Condvar::new();

    /// Arms the points of a spec, in place of those armed before.
    ///
    /// # Errors
    /// A text that names the part that is not `point=action[@hit]`.
    pub fn arm(spec: &str) -> Result<(), String> {
        let armed = spec.split(',').filter(|part| !part.is_empty()).map(parse).collect::<Result<Vec<_>, _>>()?;
        *ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = armed;
        CHANGED.notify_all();
        Ok(())
    }

    fn parse(part: &str) -> Result<Armed, String> {
        let bad = || format!("fault {part:?} is not point=abort|error|hang[@hit] with a point of {POINTS:?}");
        let (name, action) = part.split_once('=').ok_or_else(bad)?;
        let point = POINTS.iter().find(|p| **p == name).ok_or_else(bad)?;
        let (action, hit) = match action.split_once('@') {
            Some((action, hit)) => (action, Some(hit.parse().map_err(|_| bad())?)),
            None => (action, None),
        };
        let action = match action {
            "abort" => Action::Abort,
            "error" => Action::Error,
            "hang" => Action::Hang,
            _ => return Err(bad()),
        };
        Ok(Armed { point, action, hit, hits: 0 })
    }

    /// Passes a fault point: returns at once unless it is armed for this hit.
    pub fn point(name: &'static str) -> Result<(), Injected> {
        debug_assert!(POINTS.contains(&name), "unlisted fault point {name}");
        let mut armed = ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut action = None;
        for fault in armed.iter_mut().filter(|fault| fault.point == name) {
            fault.hits += 1;
            if fault.hit.is_none_or(|hit| hit == fault.hits) {
                action = Some(fault.action);
            }
        }
        match action {
            Some(Action::Abort) => std::process::abort(),
            Some(Action::Error) => Err(Injected(name)),
            Some(Action::Hang) => {
                let hangs = |fault: &Armed| fault.point == name && fault.action == Action::Hang;
                let wait = || CHANGED.wait_while(armed, |armed| armed.iter().any(hangs));
                drop(tokio::task::block_in_place(wait));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[cfg(debug_assertions)]
pub use armed::{arm, point};

/// Passes a fault point; does nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &'static str) -> Result<(), Injected> {
    Ok(())
}
