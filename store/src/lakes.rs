//! The lakes of all tenants: `<tenant>/<table>` below `<data>/lake`, or below a prefix of a bucket.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use crate::ids::TenantId;
use crate::lake::LakeError;
use crate::lake::location::Location;
use crate::lake::table::LakeTable;
use crate::schema::Table;

/// The tables of one tenant, in the order of [`Table::ALL`].
pub(crate) type TenantLake = Vec<LakeTable>;

/// Opened tables. Whoever holds it exclusively is the one committer.
pub(crate) struct Lakes {
    location: Location,
    tenants: BTreeMap<TenantId, TenantLake>,
}

impl Lakes {
    /// Opens the tables of every tenant that has a directory.
    pub async fn open(location: Location) -> Result<Self, LakeError> {
        let children = location.children().await?;
        let mut lakes = Self { location, tenants: BTreeMap::new() };
        // Directories that are named as tenants are; others are somebody else's.
        for tenant in children.iter().filter_map(|name| name.parse().ok()) {
            lakes.tenant(&tenant).await?;
        }
        Ok(lakes)
    }

    /// The tables of a tenant, opened now if they were not before.
    pub async fn tenant(&mut self, tenant: &TenantId) -> Result<&mut TenantLake, LakeError> {
        if !self.tenants.contains_key(tenant) {
            let own = self.location.child(tenant.as_str());
            let opened = Table::ALL.into_iter().map(|table| LakeTable::open(table, own.child(table.name())));
            self.tenants.insert(tenant.clone(), try_join_all(opened).await?);
        }
        self.tenants.get_mut(tenant).ok_or_else(|| LakeError::Foreign {
            table: self.location.name_of(tenant.as_str()),
            problem: "its tenant vanished while it was opened".to_owned(),
        })
    }

    /// Makes durable what a killed process may have written and not synced: the entries of directories, of hours and of
    /// commits. From the start on these are taken for granted, and the log is trimmed by them.
    pub fn sync(&self) -> Result<(), LakeError> {
        self.location.sync()?;
        for (tenant, lake) in &self.tenants {
            self.location.child(tenant.as_str()).sync()?;
            for table in lake {
                table.location().sync()?;
                table.sync_log()?;
            }
        }
        Ok(())
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TenantId, &TenantLake)> {
        self.tenants.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&TenantId, &mut TenantLake)> {
        self.tenants.iter_mut()
    }
}
