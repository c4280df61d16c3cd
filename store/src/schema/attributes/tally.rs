//! Counts keys and values of spans, with a bound for each.
//!
//! Batches are read where they lie, without a span being made of a row: texts are borrowed from them, what neighbouring
//! rows share is counted once for all of them, and a value that is known costs one hash of its text.

use std::ops::Range;

use super::Scope;
use super::batch::{Columns, Elements};
use super::keys::Keys;
use super::runs::Counter;
use super::values::Rules;
use crate::coded::CodedBatch;
use crate::schema::index::Index;
use crate::schema::spans::UnreadableRow;

/// The key of a resource that names its service.
const SERVICE_KEY: &[u8] = b"service.name";
/// The intrinsic key of a span's name.
const NAME_KEY: &[u8] = b"name";

/// Keys by window and service.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    rules: Rules,
    sites: Vec<Site<'a>>,
    index: Index,
    counter: Counter,
}

/// A service in a window.
#[derive(Debug)]
struct Site<'a> {
    start_ns: i64,
    service: Option<&'a str>,
    /// In the order of [`Scope::ALL`].
    keys: [Keys<'a>; Scope::ALL.len()],
}

/// The keys of one window, scope and service.
#[derive(Debug)]
pub(super) struct Group<'t, 'a> {
    pub start_ns: i64,
    pub scope: Scope,
    pub service: Option<&'a str>,
    pub keys: &'t Keys<'a>,
}

impl<'a> Tally<'a> {
    pub fn new(rules: Rules) -> Self {
        Self { rules, sites: Vec::new(), index: Index::default(), counter: Counter::default() }
    }

    /// Counts the spans of a batch.
    ///
    /// # Errors
    /// When a column that is read is missing or has another type, or when a value that is counted is not of its type.
    pub fn add(&mut self, spans: &'a CodedBatch) -> Result<(), UnreadableRow> {
        let columns = Columns::of(spans)?;
        let mut start = 0;
        while start < columns.rows() {
            let alike = columns.alike(start);
            start = alike.end;
            let site = self.site(columns.bucket_ns(alike.start), columns.resource.string(alike.start, SERVICE_KEY));
            let rules = self.rules;
            self.sites[site].add(&rules, &columns, alike, &mut self.counter)?;
        }
        Ok(())
    }

    /// By window, scope and service, that without a name first.
    pub fn groups(&self) -> Vec<Group<'_, 'a>> {
        let mut groups: Vec<_> = self.sites.iter().flat_map(Site::groups).collect();
        groups.sort_unstable_by_key(|group| (group.start_ns, group.scope, group.service));
        groups
    }

    fn site(&mut self, start_ns: i64, service: Option<&'a str>) -> usize {
        let seed = self.rules.seed;
        let hash = seed.text(service.unwrap_or_default().as_bytes(), start_ns.cast_unsigned());
        let sites = &self.sites;
        let known = self.index.find(hash, |at| sites[at].start_ns == start_ns && sites[at].service == service);
        known.unwrap_or_else(|| {
            self.sites.push(Site { start_ns, service, keys: Default::default() });
            self.index.push(hash)
        })
    }
}

impl<'a> Site<'a> {
    /// Counts rows that are alike.
    fn add(
        &mut self,
        rules: &Rules,
        columns: &Columns<'a>,
        rows: Range<usize>,
        counter: &mut Counter,
    ) -> Result<(), UnreadableRow> {
        let (first, times) = (rows.start, rows.len() as i64);
        self.of(Scope::Resource).note_row(rules, &columns.resource, first, times)?;
        self.of(Scope::Instrumentation).note_row(rules, &columns.instrumentation, first, times)?;
        self.of(Scope::Span).note_rows(rules, &columns.span, rows.clone(), counter)?;
        for row in rows.clone() {
            self.add_elements(rules, Scope::Event, &columns.events, row)?;
            self.add_elements(rules, Scope::Link, &columns.links, row)?;
        }
        let (places, names) = columns.names();
        let keys = self.of(Scope::Intrinsic);
        counter.each(places, names, rows, |place, times| match columns.name_at(place) {
            Some(name) => keys.note_string(rules, NAME_KEY, name, times),
            None => Ok(()),
        })
    }

    fn add_elements(
        &mut self,
        rules: &Rules,
        scope: Scope,
        elements: &Elements<'a>,
        row: usize,
    ) -> Result<(), UnreadableRow> {
        let keys = self.of(scope);
        elements.of(row).try_for_each(|element| keys.note_row(rules, &elements.place, element, 1))
    }

    fn of(&mut self, scope: Scope) -> &mut Keys<'a> {
        &mut self.keys[scope as usize]
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_, 'a>> {
        let scopes = Scope::ALL.into_iter().zip(&self.keys);
        scopes.map(|(scope, keys)| Group { start_ns: self.start_ns, scope, service: self.service, keys })
    }
}
