//! The cases of CRISP (Uber's critical path analysis of RPC traces, `test_cases/` of its repository, Apache-2.0).
//!
//! They are not part of the project: `SPANLOOM_CORPORA` says where they are, `SPANLOOM_REQUIRE_CORPORA=1` makes their
//! absence a failure. A case is an answer of Jaeger's API (`data[0]`: `processes`, `spans` with `references`, `startTime` and
//! `duration` in µs) with one more key, `testing`, what is expected of it. Operations are written `[service] name`.
//!
//! Cases 1 to 8: a list of one object, the µs of each operation on the critical path; 0 for those that are in the trace and
//! not on the path. Cases `err_pattern…`: an object, in which `opTimeExclusive` is the same; `errOpTimeExclusive` the part of
//! it that was spent in spans with an error; `totalWork` the durations of all spans. (What else is there estimates how much
//! faster the trace were without its errors, which we do not.)
//!
//! Spans name no kind, so they are UNSPECIFIED; in cases 7 and 8 a call ends after the span it was made in, and is cut off.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::*;
use crate::trace::analysis;

const NS_PER_US: i64 = 1000;
const CASES: usize = 16;

/// What a case says or we do: all that is compared.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// Of the operations on the path.
    on_path_us: BTreeMap<String, i64>,
    /// What of it was spent in spans with an error.
    on_path_with_error_us: BTreeMap<String, i64>,
    /// Durations of all spans.
    total_us: i64,
}

#[test]
fn its_cases_come_out_as_it_expects() {
    let Some(dir) = corpus() else { return };
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert_eq!(paths.len(), CASES);
    for path in paths {
        let case: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let found = found(&case["data"][0]);
        assert_eq!(found, expected(&case["testing"], &found), "{}", path.display());
    }
}

fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("SPANLOOM_CORPORA").map(|dir| Path::new(&dir).join("traces/crisp-critical-path"));
    let dir = dir.filter(|dir| dir.is_dir());
    if dir.is_none() {
        let is_required = std::env::var("SPANLOOM_REQUIRE_CORPORA").is_ok_and(|value| value == "1");
        assert!(!is_required, "SPANLOOM_CORPORA names no directory with traces/crisp-critical-path");
        println!("skipped: SPANLOOM_CORPORA names no directory with traces/crisp-critical-path");
    }
    dir
}

/// What a case does not speak of is taken as found.
fn expected(testing: &Json, found: &Times) -> Times {
    let times = |object: &Json| -> BTreeMap<String, i64> {
        let times = object.as_object().unwrap().iter().map(|(key, us)| (key.clone(), us.as_i64().unwrap()));
        times.filter(|(_, us)| *us > 0).collect()
    };
    if let Some(cases) = testing.as_array() {
        let on_path_with_error_us = found.on_path_with_error_us.clone();
        return Times { on_path_us: times(&cases[0]), on_path_with_error_us, total_us: found.total_us };
    }
    Times {
        on_path_us: times(&testing["opTimeExclusive"]),
        on_path_with_error_us: times(&testing["errOpTimeExclusive"]),
        total_us: testing["totalWork"].as_i64().unwrap(),
    }
}

/// What we say of a trace as Jaeger writes it.
fn found(trace: &Json) -> Times {
    let spans: Vec<Span<'_>> = trace["spans"].as_array().unwrap().iter().map(|span| read(trace, span)).collect();
    let operations = analysis::analysis(TraceId::from_halves(0, 1), &Assembled::new(spans).unwrap()).operations;
    let mut times = Times { on_path_us: BTreeMap::new(), on_path_with_error_us: BTreeMap::new(), total_us: 0 };
    for item in operations {
        let work = item.work;
        times.total_us += work.total_ns / NS_PER_US;
        if work.critical_ns == 0 {
            continue;
        }
        let key = format!("[{}] {}", item.operation.service.unwrap(), item.operation.name);
        if work.error_count > 0 {
            assert_eq!(work.error_count, work.span_count, "{key}: its time could not be told apart");
            times.on_path_with_error_us.insert(key.clone(), work.critical_ns / NS_PER_US);
        }
        times.on_path_us.insert(key, work.critical_ns / NS_PER_US);
    }
    times
}

fn read<'a>(trace: &'a Json, span: &'a Json) -> Span<'a> {
    let start_ns = span["startTime"].as_i64().unwrap() * NS_PER_US;
    let references = span["references"].as_array().unwrap();
    let is_error = |tag: &Json| tag["key"] == "error" && tag["value"] == true;
    Span {
        id: id(&span["spanID"]),
        parent: references.iter().find(|reference| reference["refType"] == "CHILD_OF").map(|of| id(&of["spanID"])),
        kind: SpanKind::Unspecified as i32,
        service: trace["processes"][span["processID"].as_str().unwrap()]["serviceName"].as_str(),
        name: span["operationName"].as_str(),
        is_error: span["tags"].as_array().is_some_and(|tags| tags.iter().any(is_error)),
        time: Interval { start_ns, end_ns: start_ns + span["duration"].as_i64().unwrap() * NS_PER_US },
    }
}

/// Its ids are short texts: `A`, `B1`.
fn id(text: &Json) -> SpanId {
    let bytes = text.as_str().unwrap().bytes();
    SpanId::from_int(bytes.fold(0, |id, byte| id * 256 + i64::from(byte)))
}
