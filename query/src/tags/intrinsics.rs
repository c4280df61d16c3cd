//! TraceQL's intrinsics: fields of a span that are typed without a scope.

use spanloom_store::schema::attributes::Scope;

use super::TagValue;

/// Those that editors propose.
pub(super) const NAMES: &[&str] = &[
    "duration",
    "event:name",
    "kind",
    "name",
    "rootName",
    "rootServiceName",
    "status",
    "statusMessage",
    "traceDuration",
];

/// Where the values of an intrinsic come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Fixed(&'static [&'static str]),
    Attribute(&'static Scope, &'static str),
    /// Nobody can propose a duration.
    None,
}

/// The values of an intrinsic, by any of its names.
pub(super) fn source(name: &str) -> Source {
    match name {
        "status" | "span:status" => Source::Fixed(&["error", "ok", "unset"]),
        "kind" | "span:kind" => Source::Fixed(&["client", "server", "internal", "producer", "consumer", "unspecified"]),
        "name" | "span:name" | "rootName" | "trace:rootName" => Source::Attribute(&Scope::Intrinsic, "name"),
        "rootServiceName" | "rootService" | "trace:rootService" => Source::Attribute(&Scope::Resource, "service.name"),
        _ => Source::None,
    }
}

/// Whether it is one.
pub(super) fn is_intrinsic(name: &str) -> bool {
    const MORE: &[&str] = &["rootService", "childCount", "nestedSetLeft", "nestedSetRight", "nestedSetParent"];
    let is_scoped =
        ["span:", "trace:", "event:", "link:", "instrumentation:"].iter().any(|scope| name.starts_with(scope));
    NAMES.contains(&name) || MORE.contains(&name) || is_scoped
}

pub(super) fn keywords(values: &[&str]) -> Vec<TagValue> {
    let keyword = |value: &&str| TagValue { value_type: "keyword".to_owned(), value: (*value).to_owned() };
    values.iter().map(keyword).collect()
}
