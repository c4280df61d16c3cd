//! Which state of which windows a file holds, and which state counts.
//!
//! A window is written whole, by one writer, and written again when late rows change it. Each time its revision is one
//! higher, and of the revisions that one writer wrote of a window only the highest counts. Files say in their tags what
//! they hold, so that a reader leaves out what does not count without opening it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::snapshot::LakeFile;

/// One state of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowMark {
    /// Start of the window.
    pub window_ns: i64,
    /// From 1; the highest counts.
    pub revision: i64,
    /// The last frame of the writer's log that its rows take into account.
    pub last_frame: u64,
}

/// `<window>:<revision>:<last frame>`.
impl fmt::Display for WindowMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.window_ns, self.revision, self.last_frame)
    }
}

/// A text that is no mark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a window is marked as `window:revision:frame`, not as {0:?}")]
pub struct InvalidMark(String);

impl FromStr for WindowMark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let parse = || {
            let mut parts = text.split(':');
            let window_ns = parts.next()?.parse().ok()?;
            let revision = parts.next()?.parse().ok()?;
            let last_frame = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { window_ns, revision, last_frame })
        };
        parse().ok_or_else(|| InvalidMark(text.chars().take(80).collect()))
    }
}

/// The windows of a file. All its rows are of one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWindows {
    /// Which log and shard.
    pub writer: Arc<str>,
    /// One per window. A store writes a file per window; a compacted file holds several.
    pub marks: Vec<WindowMark>,
}

impl FileWindows {
    /// The tag's text: marks joined by commas.
    pub(crate) fn to_tag(&self) -> String {
        self.marks.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn from_tags(writer: &str, windows: &str) -> Result<Self, InvalidMark> {
        let marks = windows.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { writer: writer.into(), marks })
    }
}

/// The state that counts, by writer and window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows(BTreeMap<Arc<str>, BTreeMap<i64, WindowMark>>);

impl Windows {
    pub fn of(files: &[Arc<LakeFile>]) -> Self {
        let mut windows = Self::default();
        for held in files.iter().filter_map(|file| file.windows.as_ref()) {
            let of_writer = windows.0.entry(Arc::clone(&held.writer)).or_default();
            for mark in &held.marks {
                let known = of_writer.entry(mark.window_ns).or_insert(*mark);
                *known = (*known).max(*mark);
            }
        }
        windows
    }

    pub fn get(&self, writer: &str, window_ns: i64) -> Option<WindowMark> {
        self.0.get(writer)?.get(&window_ns).copied()
    }

    pub fn of_writer(&self, writer: &str) -> impl Iterator<Item = WindowMark> {
        self.0.get(writer).into_iter().flat_map(|windows| windows.values().copied())
    }

    /// The windows that a file holds in a state that does not count.
    pub fn superseded_in(&self, file: &LakeFile) -> Vec<i64> {
        let Some(held) = &file.windows else { return Vec::new() };
        let counts = |mark: &WindowMark| {
            self.get(&held.writer, mark.window_ns).is_none_or(|newest| newest.revision <= mark.revision)
        };
        held.marks.iter().filter(|mark| !counts(mark)).map(|mark| mark.window_ns).collect()
    }

    /// Whether nothing in a file counts.
    pub fn supersede(&self, file: &LakeFile) -> bool {
        let held = file.windows.as_ref().map_or(0, |held| held.marks.len());
        held > 0 && self.superseded_in(file).len() == held
    }
}

#[cfg(test)]
mod tests;
