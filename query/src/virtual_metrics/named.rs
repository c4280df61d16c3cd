//! Names that are known before rows are read, so that rows of nodes nobody asks for are not held.
//!
//! What a node is called is the raw name that most spans had, over all rows of the hour. Where the directory knows the
//! node it knows that name too; a node it does not know may have any name, and is kept until its rows are there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use spanloom_store::identity::Directory;

use super::wanted::Wanted;
use crate::ledger::{Between, Place, Places, service_id};

/// Which nodes may be a client or a server that is wanted.
pub(super) struct Named<'w> {
    wanted: &'w Wanted<'w>,
    names: HashMap<String, Arc<str>>,
    /// By [`Place::index`], as far as they were met.
    met: Vec<Ends>,
}

/// Whether a node may be at either end of what is wanted.
#[derive(Debug, Clone, Copy)]
struct Ends {
    client: bool,
    server: bool,
}

impl<'w> Named<'w> {
    pub fn new(wanted: &'w Wanted<'w>, directory: &Directory) -> Self {
        let mut observed: HashMap<String, BTreeMap<Arc<str>, i64>> = HashMap::new();
        for (identity, names) in directory.aliases() {
            let id = service_id(identity.namespace.as_deref(), identity.service.as_deref());
            let known = observed.entry(id).or_default();
            for (name, count) in names {
                let sum = known.entry(name).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        let names = observed.into_iter().filter_map(|(id, names)| Some((id, most_seen(names)?))).collect();
        Self { wanted, names, met: Vec::new() }
    }

    pub fn may_be_wanted(&mut self, between: Between, places: &Places<'_>) -> bool {
        let (Some(source), Some(target)) = (between.source, between.target) else { return false };
        self.ends(source, places).client && self.ends(target, places).server
    }

    fn ends(&mut self, place: Place, places: &Places<'_>) -> Ends {
        if place.index() >= self.met.len() {
            let new: Vec<Ends> = places.ids().skip(self.met.len()).map(|id| self.ends_of(id)).collect();
            self.met.extend(new);
        }
        self.met.get(place.index()).copied().unwrap_or(Ends { client: true, server: true })
    }

    fn ends_of(&self, id: &str) -> Ends {
        let may_be = |label: &str| self.names.get(id).is_none_or(|name| self.wanted.may_be(label, name));
        Ends { client: may_be("client"), server: may_be("server") }
    }
}

/// The first of [`crate::ledger::Group::aliases`], whatever names the rows have besides.
fn most_seen(names: BTreeMap<Arc<str>, i64>) -> Option<Arc<str>> {
    let (name, count) = names.into_iter().rev().max_by_key(|(_, count)| *count)?;
    (count > 0).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equally_seen_names_the_first_counts() {
        let check = |names: &[(&str, i64)], expected: Option<&str>| {
            let names = names.iter().map(|(name, count)| (Arc::from(*name), *count)).collect();
            assert_eq!(most_seen(names).as_deref(), expected);
        };
        check(&[("web", 3), ("web.shop", 5)], Some("web.shop"));
        check(&[("web", 5), ("web.shop", 5)], Some("web"));
        check(&[("web", 0)], None);
        check(&[], None);
    }
}
