//! What is asked of traces, and what it should cost at most.

use super::large;
use super::traffic::Known;

/// Where a question goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `GET /api/v1/traces?q=`, as it is found.
    Search,
    /// `GET /tempo/api/metrics/query_range`.
    Metrics,
    /// `GET /tempo/api/v2/search/tag/{text}/values`.
    TagValues,
    /// `GET /tempo/api/v2/search/tags`.
    Tags,
    /// `GET {text}`; the whole path.
    Path,
    /// `GET {text}`, as protobuf.
    Protobuf,
    /// `GET /api/v1/graph`.
    Graph,
    /// `POST /api/v1/sql`.
    Sql,
}

/// What an answer should cost at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    CpuMs(f64),
    WallMs(f64),
    None,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    pub name: &'static str,
    pub form: Form,
    /// With `$source`, `$target`, `$request_id`, `$trace_id`, `$start_ns`, `$end_ns`.
    text: &'static str,
    /// Up to the last span.
    pub hours: i64,
    pub bar: Bar,
}

impl Question {
    pub fn text(&self, known: &Known, end_ns: u64) -> String {
        let start_ns = end_ns - self.hours.unsigned_abs() * 3_600_000_000_000;
        let text = self.text.replace("$source", &known.source).replace("$target", &known.target);
        let text = text.replace("$request_id", &known.request_id).replace("$trace_id", &known.trace_id);
        let text = text.replace("$large_id", large::TRACE_ID);
        text.replace("$start_ns", &start_ns.to_string()).replace("$end_ns", &end_ns.to_string())
    }
}

const fn search(name: &'static str, text: &'static str, hours: i64) -> Question {
    let bar = if hours == 1 { Bar::CpuMs(100.0) } else { Bar::None };
    Question { name, form: Form::Search, text, hours, bar }
}

const fn metrics(name: &'static str, text: &'static str, hours: i64) -> Question {
    Question { name, form: Form::Metrics, text, hours, bar: Bar::CpuMs(200.0) }
}

const fn other(name: &'static str, form: Form, text: &'static str, hours: i64, bar: Bar) -> Question {
    Question { name, form, text, hours, bar }
}

const SERVICE_ERRORS: &str = r#"{ resource.service.name = "$target" && status = error }"#;
const RARE: &str = r#"{ span."guid:x-request-id" = "$request_id" }"#;
const BELOW: &str =
    r#"{ resource.service.name = "$source" } >> { resource.service.name = "$target" && status = error }"#;
const COUNT: &str = r#"{ resource.service.name = "$target" } | count() > 2"#;
const QUANTILE: &str = "{ } | quantile_over_time(duration, .95) by (resource.service.name)";
const RED: &str = "select service_name, name, count(*) as requests, sum(case when status_code = 2 then 1 else 0 end) as errors, \
                   avg(duration_ns) as mean from spans where start_ns between $start_ns and $end_ns group by 1, 2";
/// By the minute in which spans ended.
const RED_OF_OPERATIONS: &str = "select service, operation, sum(count) as requests, sum(errors) as errors from operations \
                                 where window_ns between $start_ns and $end_ns group by 1, 2";

/// All of them.
pub const QUESTIONS: [Question; 28] = [
    search("service and status", SERVICE_ERRORS, 1),
    search("service and status, 6 h", SERVICE_ERRORS, 6),
    search("nothing is found", r#"{ resource.service.name = "$target" && name = "no such name" }"#, 1),
    search("promoted attribute", r#"{ span.http.status_code = 503 }"#, 1),
    search("slow spans of a service", r#"{ resource.service.name = "$target" && duration > 200ms }"#, 1),
    search("rare attribute", RARE, 1),
    search("rare attribute, 6 h", RARE, 6),
    search("attribute in a map", r#"{ span.error = "true" }"#, 1),
    search("attribute that nobody has", r#"{ span.nobody.has.it = "x" }"#, 1),
    search("attribute by pattern", r#"{ span.upstream_cluster =~ ".*$target.*" }"#, 1),
    search("structure", BELOW, 1),
    search("structure, 6 h", BELOW, 6),
    search("more than two spans", COUNT, 1),
    search("everything", "{ }", 1),
    metrics("rate by service", "{ } | rate() by (resource.service.name)", 1),
    metrics("rate by service, 6 h", "{ } | rate() by (resource.service.name)", 6),
    metrics("p95 by service", QUANTILE, 1),
    metrics("p95 by service, 6 h", QUANTILE, 6),
    metrics("errors of a service", r#"{ resource.service.name = "$target" && status = error } | rate()"#, 1),
    metrics("compare", "{ } | compare({ status = error })", 1),
    other("tags", Form::Tags, "", 1, Bar::None),
    other("values of service.name", Form::TagValues, "resource.service.name", 1, Bar::None),
    other("a trace", Form::Path, "/api/v1/traces/$trace_id", 6, Bar::WallMs(20.0)),
    other("a large trace, columns", Form::Path, "/api/v1/traces/$large_id/spans", 6, Bar::WallMs(500.0)),
    other("a large trace, protobuf", Form::Protobuf, "/tempo/api/v2/traces/$large_id", 6, Bar::WallMs(500.0)),
    other("requests, errors, durations by SQL", Form::Sql, RED, 1, Bar::CpuMs(60.0)),
    other("the same out of `operations`", Form::Sql, RED_OF_OPERATIONS, 1, Bar::CpuMs(5.0)),
    other("graph", Form::Graph, "", 1, Bar::CpuMs(10.0)),
];
