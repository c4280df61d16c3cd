//! Who the spans of a trace are, by the directory that its statements make.
//!
//! Traces of one mesh mostly make the same few directories, and ask them for the same names: both are remembered.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use spanloom_store::identity::{Directory, Identity};
use spanloom_store::schema::identities::IdentityKey;

use super::interned::{Interned, hash_one};
use super::names::{Place, at};
use super::observation::Statement;
use super::span::{Span, Text};

/// Statements of all directories that are remembered; then all of them are forgotten.
const DIRECTORIES_STATEMENTS_MAX: usize = 50_000;
/// A directory of more is not remembered, nor who has more names.
const DIRECTORY_STATEMENTS_MAX: usize = 500;

/// An identity of this trace, as a number.
pub(super) type Who = usize;

/// A directory, and what it has said.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub directory: Directory,
    /// By where the texts lie.
    named: RefCell<HashMap<[usize; 3], Named, RandomState>>,
}

/// Who has a name.
#[derive(Debug, Clone)]
struct Named {
    identity: Interned<Identity>,
    namespace: Option<Text>,
    /// What must lie where it lies.
    _texts: [Option<Text>; 3],
}

impl Known {
    /// The directory of statements, each of which is there once, in the order of their hashes.
    pub fn of(statements: &[Statement]) -> Rc<Self> {
        thread_local! {
            static DIRECTORIES: RefCell<Directories> = RefCell::default();
        }
        DIRECTORIES.with_borrow_mut(|directories| directories.of(statements))
    }

    fn named(&self, place: Place<'_>, service: Option<&Text>) -> Named {
        let texts = [service, place.cluster, place.namespace];
        let mut named = self.named.borrow_mut();
        if named.len() >= DIRECTORY_STATEMENTS_MAX {
            named.clear();
        }
        let name = named.entry(texts.map(at)).or_insert_with(|| Named {
            identity: Interned::new(self.directory.identity(place.cluster, place.namespace, service)),
            namespace: self.directory.namespace(place.cluster, place.namespace, service),
            _texts: texts.map(Option::<&Text>::cloned),
        });
        name.clone()
    }
}

/// Directories by what they are made of.
#[derive(Debug, Default)]
struct Directories {
    known: HashTable<(u64, Vec<Interned<IdentityKey>>, Rc<Known>)>,
    statements: usize,
}

impl Directories {
    fn of(&mut self, statements: &[Statement]) -> Rc<Known> {
        let make = || {
            let directory = Directory::of_keys(statements.iter().map(|statement| &*statement.key));
            Rc::new(Known { directory, ..Known::default() })
        };
        if statements.len() > DIRECTORY_STATEMENTS_MAX {
            return make();
        }
        let hash = hash_one(statements.iter().map(|statement| statement.key.hash()).collect::<Vec<_>>());
        let is_same =
            |keys: &[Interned<IdentityKey>]| keys.iter().eq(statements.iter().map(|statement| &statement.key));
        if let Some((.., known)) = self.known.find(hash, |(known, keys, _)| *known == hash && is_same(keys)) {
            return Rc::clone(known);
        }
        if self.statements >= DIRECTORIES_STATEMENTS_MAX {
            *self = Self::default();
        }
        self.statements += statements.len();
        let directory = make();
        let keys = statements.iter().map(|statement| statement.key.clone()).collect();
        self.known.insert_unique(hash, (hash, keys, Rc::clone(&directory)), |(hash, ..)| *hash);
        directory
    }
}

/// Who the spans of a trace are.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// By span; equal numbers are one identity.
    pub who: Vec<Who>,
    /// By span: its namespace, as rows say it.
    pub namespaces: Vec<Option<Text>>,
    /// By number.
    pub known: Vec<Interned<Identity>>,
}

impl Identities {
    pub fn of(spans: &[&Span], places: &[Place<'_>], directory: &Known) -> Self {
        let mut identities = Self::default();
        // By where the texts lie; equal ones elsewhere are looked for once more.
        let mut by_name: HashMap<[usize; 3], usize, RandomState> = HashMap::default();
        let mut by_identity: HashMap<Interned<Identity>, Who, RandomState> = HashMap::default();
        for (i, (span, place)) in spans.iter().zip(places).enumerate() {
            let service = span.origin.service.as_ref();
            let name = [at(service), at(place.cluster), at(place.namespace)];
            let first = *by_name.entry(name).or_insert(i);
            if first < i {
                identities.who.push(identities.who[first]);
                identities.namespaces.push(identities.namespaces[first].clone());
                continue;
            }
            let Named { identity, namespace, .. } = directory.named(*place, service);
            let next = identities.known.len();
            let who = *by_identity.entry(identity).or_insert_with_key(|identity| {
                identities.known.push(identity.clone());
                next
            });
            identities.who.push(who);
            identities.namespaces.push(namespace);
        }
        identities
    }
}
