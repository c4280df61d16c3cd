//! Who may store and ask: the allow-list of tenants.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::{InvalidTenant, TenantId};

/// Allows any valid name, up to [`TenantsConfig::max`] of them.
const ANY: &str = "*";
const TENANTS_MAX: usize = 16;

/// Which tenants there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantsConfig {
    /// Names that `X-Scope-OrgID` may give; `"*"` allows every valid name.
    pub allowed: Vec<String>,
    /// How many tenants there can be at most when `allowed` is `"*"`.
    pub max: usize,
}

impl Default for TenantsConfig {
    fn default() -> Self {
        Self { allowed: vec![TenantId::DEFAULT.to_owned()], max: TENANTS_MAX }
    }
}

impl TenantsConfig {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn validate(&self) -> Result<(), String> {
        Tenants::new(self).map(|_| ())
    }
}

/// Why a request's tenant is refused: HTTP 401, gRPC `UNAUTHENTICATED`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TenantRefused {
    #[error(transparent)]
    Invalid(#[from] InvalidTenant),
    #[error("tenant {0:?} is not in tenants.allowed")]
    NotAllowed(String),
    #[error("there are {0} tenants already, which is tenants.max")]
    TooMany(usize),
}

/// The allow-list.
#[derive(Debug)]
pub struct Tenants {
    /// `None`: whoever came, up to `max`.
    allowed: Option<BTreeSet<TenantId>>,
    max: usize,
    known: Mutex<BTreeSet<TenantId>>,
}

impl Tenants {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn new(config: &TenantsConfig) -> Result<Self, String> {
        let allows_any = config.allowed.iter().any(|name| name == ANY);
        if allows_any && config.max == 0 {
            return Err("tenants.max is 0, no tenant could be served".to_owned());
        }
        let names = config.allowed.iter().filter(|name| *name != ANY);
        let named: BTreeSet<TenantId> = names
            .map(|name| name.parse().map_err(|e| format!("tenants.allowed: {e}")))
            .collect::<Result<_, String>>()?;
        if !allows_any && named.is_empty() {
            return Err("tenants.allowed is empty, no tenant could be served".to_owned());
        }
        let known = Mutex::new(named.clone());
        Ok(Self { allowed: (!allows_any).then_some(named), max: config.max, known })
    }

    /// The tenant of a request by its `X-Scope-OrgID`; without one it is `default`, which must be allowed too.
    ///
    /// # Errors
    /// When the name is no name, not allowed, or one too many.
    pub fn admit(&self, name: Option<&str>) -> Result<TenantId, TenantRefused> {
        let tenant: TenantId = name.unwrap_or(TenantId::DEFAULT).parse()?;
        if let Some(allowed) = &self.allowed {
            let is_allowed = allowed.contains(&tenant);
            return if is_allowed { Ok(tenant) } else { Err(TenantRefused::NotAllowed(tenant.to_string())) };
        }
        let mut known = self.known.lock();
        if !known.contains(&tenant) {
            if known.len() >= self.max {
                return Err(TenantRefused::TooMany(self.max));
            }
            known.insert(tenant.clone());
        }
        Ok(tenant)
    }

    /// Counts tenants that have data already; they are served even beyond `tenants.max`.
    pub fn remember(&self, tenants: impl IntoIterator<Item = TenantId>) {
        if self.allowed.is_none() {
            self.known.lock().extend(tenants);
        }
    }

    /// The tenants on the list, and with `"*"` those that came.
    pub fn known(&self) -> Vec<TenantId> {
        self.known.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants(allowed: &[&str], max: usize) -> Tenants {
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        Tenants::new(&TenantsConfig { allowed, max }).unwrap()
    }

    #[test]
    fn only_names_on_the_list_are_admitted() {
        let tenants = tenants(&["default", "shop"], 1);
        assert_eq!(tenants.admit(None).unwrap(), TenantId::default());
        assert_eq!(tenants.admit(Some("shop")).unwrap().as_str(), "shop");
        assert_eq!(tenants.admit(Some("other")), Err(TenantRefused::NotAllowed("other".to_owned())));
        assert!(matches!(tenants.admit(Some("../x")), Err(TenantRefused::Invalid(_))));
    }

    #[test]
    fn any_name_is_admitted_up_to_the_bound() {
        let tenants = tenants(&["*"], 2);
        assert!(tenants.admit(Some("a")).is_ok());
        assert!(tenants.admit(Some("b")).is_ok());
        assert_eq!(tenants.admit(Some("c")), Err(TenantRefused::TooMany(2)));
        assert!(tenants.admit(Some("a")).is_ok());
    }

    #[test]
    fn a_list_that_serves_nobody_is_refused() {
        assert!(Tenants::new(&TenantsConfig { allowed: vec![], max: 1 }).is_err());
        assert!(Tenants::new(&TenantsConfig { allowed: vec!["*".to_owned()], max: 0 }).is_err());
        assert!(Tenants::new(&TenantsConfig { allowed: vec!["a/b".to_owned()], max: 1 }).is_err());
    }
}
