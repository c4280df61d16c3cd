//! Bytes at rest, by table.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::live;

/// What a table takes.
#[derive(Debug, Clone, Serialize)]
pub struct DiskUse {
    pub table: String,
    pub files: u64,
    /// Of Parquet.
    pub bytes: u64,
}

/// The tables below a server's data directory, the largest first.
///
/// # Errors
/// When the directory cannot be read.
pub fn measure(data: &Path) -> Result<Vec<DiskUse>> {
    let mut tables = BTreeMap::new();
    let lake = data.join("lake");
    for tenant in fs::read_dir(&lake).with_context(|| format!("reading {}", lake.display()))? {
        for table in fs::read_dir(tenant?.path())? {
            let table = table?;
            let name = table.file_name().to_string_lossy().into_owned();
            let used = tables.entry(name.clone()).or_insert(DiskUse { table: name, files: 0, bytes: 0 });
            let (files, bytes) = live::files(&table.path())?;
            used.files += files;
            used.bytes += bytes;
        }
    }
    let mut tables: Vec<DiskUse> = tables.into_values().collect();
    tables.sort_by_key(|used| std::cmp::Reverse(used.bytes));
    Ok(tables)
}
