//! The lakes of all tenants: `<data>/lake/<tenant>/<table>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::ids::TenantId;
use crate::lake::LakeError;
use crate::lake::table::LakeTable;
use crate::schema::Table;

const LAKE_DIR: &str = "lake";

/// The tables of one tenant, in the order of [`Table::ALL`].
pub(crate) type TenantLake = Vec<LakeTable>;

/// Opened tables. Whoever holds it exclusively is the one committer.
pub(crate) struct Lakes {
    dir: PathBuf,
    tenants: BTreeMap<TenantId, TenantLake>,
}

impl Lakes {
    /// Opens the tables of every tenant that has a directory.
    pub async fn open(data_dir: &Path) -> Result<Self, LakeError> {
        let mut lakes = Self { dir: data_dir.join(LAKE_DIR), tenants: BTreeMap::new() };
        for tenant in tenants_in(&lakes.dir)? {
            lakes.tenant(&tenant).await?;
        }
        Ok(lakes)
    }

    /// The tables of a tenant, opened now if they were not before.
    pub async fn tenant(&mut self, tenant: &TenantId) -> Result<&mut TenantLake, LakeError> {
        if !self.tenants.contains_key(tenant) {
            let dir = self.dir.join(tenant.as_str());
            let mut lake = TenantLake::with_capacity(Table::ALL.len());
            for table in Table::ALL {
                lake.push(LakeTable::open(table, &dir.join(table.name())).await?);
            }
            self.tenants.insert(tenant.clone(), lake);
        }
        self.tenants.get_mut(tenant).ok_or_else(|| LakeError::Io {
            path: self.dir.clone(),
            source: std::io::Error::other("a tenant vanished while it was opened"),
        })
    }

    /// Makes durable what a killed process may have written and not synced: the entries of directories, of hours and of
    /// commits. From the start on these are taken for granted, and the log is trimmed by them.
    pub fn sync(&self) -> Result<(), LakeError> {
        let tables = self.tenants.iter().flat_map(|(tenant, lake)| {
            lake.iter()
                .flat_map(|table| [table.dir().to_owned(), table.log_dir()])
                .chain([self.dir.join(tenant.as_str())])
        });
        for dir in [self.dir.clone()].into_iter().chain(tables).filter(|dir| dir.is_dir()) {
            disk::sync_dir(&dir).map_err(|source| LakeError::Io { path: dir, source })?;
        }
        Ok(())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TenantId, &TenantLake)> {
        self.tenants.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&TenantId, &mut TenantLake)> {
        self.tenants.iter_mut()
    }
}

/// Directories that are named as tenants are; others are somebody else's.
fn tenants_in(lake_dir: &Path) -> Result<Vec<TenantId>, LakeError> {
    let failed = |source| LakeError::Io { path: lake_dir.to_owned(), source };
    let entries = match std::fs::read_dir(lake_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut tenants = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let tenant = name.to_str().and_then(|name| name.parse().ok());
        tenants.extend(tenant.filter(|_| entry.path().is_dir()));
    }
    tenants.sort();
    Ok(tenants)
}
