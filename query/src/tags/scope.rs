//! Names of tags as Tempo's clients write them, and the filter that they send along.

use std::collections::BTreeSet;

use spanloom_store::schema::attributes::Scope;

use super::intrinsics;

/// What values are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    Attribute { scopes: Vec<Scope>, key: String },
    Intrinsic(String),
}

impl Tag {
    /// Reads `resource.service.name`, `span.http.route`, `.http.route`, `name`; a quoted key as TraceQL quotes it.
    ///
    /// # Errors
    /// A text that says what a tag looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        if intrinsics::is_intrinsic(text) {
            return Ok(Self::Intrinsic(text.to_owned()));
        }
        let scopes = [Scope::Resource, Scope::Span, Scope::Event, Scope::Link, Scope::Instrumentation];
        let scoped = scopes.into_iter().find_map(|scope| {
            let key = text.strip_prefix(scope.as_str())?.strip_prefix('.')?;
            Some((vec![scope], key))
        });
        let unscoped = || text.strip_prefix('.').map(|key| (vec![Scope::Resource, Scope::Span], key));
        match scoped.or_else(unscoped) {
            Some((scopes, key)) if !key.is_empty() => Ok(Self::Attribute { scopes, key: unquoted(key) }),
            _ => Err(format!("a tag is like `resource.service.name`, `.http.route` or `name`, not {text:?}")),
        }
    }

    /// A tag of Tempo's first API, where keys had no scope.
    pub fn unscoped(text: &str) -> Self {
        Self::parse(text)
            .unwrap_or_else(|_| Self::Attribute { scopes: vec![Scope::Resource, Scope::Span], key: text.to_owned() })
    }
}

fn unquoted(key: &str) -> String {
    let inner = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    inner.map_or_else(|| key.to_owned(), |inner| inner.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// The services that a filter names: `service.name = "…"` of any scope. The filter may be unfinished, and what cannot be used
/// of it is left out; the table knows services and nothing else.
pub(crate) fn services_in(filter: &str) -> BTreeSet<String> {
    const NAMES: [&str; 2] = ["resource.service.name", ".service.name"];
    let mut services = BTreeSet::new();
    let mut rest = filter;
    while let Some((at, name)) =
        NAMES.iter().filter_map(|name| Some((rest.find(name)?, *name))).min_by_key(|(at, _)| *at)
    {
        rest = &rest[at + name.len()..];
        let value = rest.trim_start().strip_prefix('=').filter(|value| !value.starts_with('~'));
        let quoted = value.map(str::trim_start).and_then(|value| value.strip_prefix('"'));
        if let Some((service, _)) = quoted.and_then(|value| value.split_once('"')) {
            services.insert(service.to_owned());
        }
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_their_scope() {
        let attribute =
            |scopes: &[Scope], key: &str| Ok(Tag::Attribute { scopes: scopes.to_vec(), key: key.to_owned() });
        assert_eq!(Tag::parse("resource.service.name"), attribute(&[Scope::Resource], "service.name"));
        assert_eq!(Tag::parse(".http.route"), attribute(&[Scope::Resource, Scope::Span], "http.route"));
        assert_eq!(Tag::parse("span.\"a b\""), attribute(&[Scope::Span], "a b"));
        assert_eq!(Tag::parse("status"), Ok(Tag::Intrinsic("status".to_owned())));
        assert_eq!(Tag::parse("span:name"), Ok(Tag::Intrinsic("span:name".to_owned())));
        for bad in ["", ".", "span.", "foo"] {
            assert!(Tag::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_filter_says_which_services_even_when_it_is_not_finished() {
        let services = |filter: &str| services_in(filter).into_iter().collect::<Vec<_>>();
        assert_eq!(services("{ resource.service.name = \"web\" && span."), ["web"]);
        assert_eq!(services("{.service.name=\"a\" || .service.name = \"b\"}"), ["a", "b"]);
        assert!(services("{ resource.service.name =~ \"w.*\" }").is_empty());
        assert!(services("{ resource.service.name = \"we").is_empty());
        assert!(services("{ status = error").is_empty());
    }
}
