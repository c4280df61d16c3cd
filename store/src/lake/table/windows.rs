//! Commits states of windows.

use std::collections::HashSet;
use std::sync::Arc;

use deltalake_core::kernel::{Action, Add};

use super::{CONFLICTS_MAX, LakeError, LakeFile, LakeTable, write_operation};
use crate::lake::action;
use crate::lake::file::EncodedFile;
use crate::lake::window::WindowMark;

/// One commit of windows: what is added, and how far its writer has settled spans with it.
pub(crate) struct WindowsCommit<'a> {
    pub writer: &'a str,
    pub files: &'a [(WindowMark, Add)],
    pub settled_frame: u64,
}

impl LakeTable {
    /// Makes the table if there is none, so that what is decided next is decided under a snapshot of it.
    pub async fn ensure(&mut self) -> Result<(), LakeError> {
        if self.delta.is_none() {
            self.create().await?;
        }
        self.refresh().await
    }

    /// Puts a file of one window where a commit may name it. When this returns it is on disk.
    pub async fn store_window(
        &self,
        file: EncodedFile,
        writer: &str,
        mark: WindowMark,
        ingested_ns: i64,
    ) -> Result<Add, LakeError> {
        let add = action::add_window(&file, writer, mark, ingested_ns);
        self.put(file, add).await
    }

    /// Adds the files under [`Self::snapshot`], if nobody has committed since, and removes those in which nothing counts
    /// any more with them. Returns whether the commit was made; if not, the snapshot is the newest one and the caller
    /// decides again. When it was, it is on disk and [`Self::snapshot`] shows it.
    pub async fn try_commit_windows(&mut self, commit: &WindowsCommit<'_>, now_ns: i64) -> Result<bool, LakeError> {
        let superseded = self.superseded_by(commit);
        let mut actions = self.remove_actions(&superseded, now_ns, true)?;
        actions.extend(commit.files.iter().map(|(_, add)| Action::Add(add.clone())));
        let settled = commit.settled_frame.max(self.committed(commit.writer).await?);
        let is_committed = self.try_commit(Some((commit.writer, settled)), actions, write_operation()).await?;
        if is_committed {
            self.note_removed(&superseded, now_ns);
            self.refresh_snapshot()?;
        } else {
            self.refresh().await?;
        }
        Ok(is_committed)
    }

    /// Files of the table all of whose windows are written anew.
    fn superseded_by(&self, commit: &WindowsCommit<'_>) -> Vec<Arc<LakeFile>> {
        let anew: HashSet<i64> = commit.files.iter().map(|(mark, _)| mark.window_ns).collect();
        let is_superseded = |file: &LakeFile| {
            let held = file.windows.as_ref().filter(|held| &*held.writer == commit.writer);
            held.is_some_and(|held| held.marks.iter().all(|mark| anew.contains(&mark.window_ns)))
        };
        self.snapshot.all_files().filter(|file| is_superseded(file)).cloned().collect()
    }

    pub fn gave_up(&self) -> LakeError {
        LakeError::Conflicts { table: self.location.to_string(), conflicts: CONFLICTS_MAX }
    }
}

#[cfg(test)]
mod tests;
