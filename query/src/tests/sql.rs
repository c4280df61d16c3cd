use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use spanloom_store::value::Value;
use spanloom_store::{Table, TenantId};

use super::harness::{Harness, NOW_NS, SECOND_NS, hex, sample};

const COUNT: &str = "select count(*), count(distinct span_id) from spans";

#[tokio::test]
async fn hot_flushed_and_mixed_rows_answer_alike() {
    let harness = Harness::new().await;
    assert_eq!(harness.rows(COUNT).await, json!([[0, 0]]));
    let query = "select service_name, count(*), sum(duration_ns) from spans group by 1 order by 1 nulls last";
    let early = [sample(1, 1, Some("a"), NOW_NS), sample(1, 2, Some("b"), NOW_NS + 1)];
    let late = [sample(2, 3, Some("a"), NOW_NS + SECOND_NS), sample(2, 4, None, NOW_NS)];

    harness.append(&early).await;
    assert_eq!(harness.rows(query).await, json!([["a", 1, 10_000_000], ["b", 1, 10_000_000]]), "hot");
    harness.flush().await;
    assert_eq!(harness.rows(query).await, json!([["a", 1, 10_000_000], ["b", 1, 10_000_000]]), "flushed");
    harness.append(&late).await;
    let all = json!([["a", 2, 20_000_000], ["b", 1, 10_000_000], [null, 1, 10_000_000]]);
    assert_eq!(harness.rows(query).await, all, "mixed");
    assert_eq!(harness.rows(COUNT).await, json!([[4, 4]]));
    harness.flush().await;
    assert_eq!(harness.rows(query).await, all, "flushed twice");
    assert_eq!(harness.rows("select count(*) from spans").await, json!([[4]]), "from statistics alone");
    let bounds = harness.rows("select min(start_ns), max(start_ns), max(status_code) from spans").await;
    assert_eq!(bounds, json!([[NOW_NS.to_string(), (NOW_NS + SECOND_NS).to_string(), 0]]));
}

#[tokio::test]
async fn every_column_is_the_same_hot_and_flushed() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS), sample(1, 2, None, NOW_NS).child_of(1).failed()]).await;
    for table in ["spans", "traces"] {
        let query = format!("select * from {table} order by start_ns, span_count").replace(", span_count", "");
        let hot = harness.sql(&query).await.json();
        assert_eq!(hot["columns"][0], json!({ "name": "hour", "type": "Utf8" }));
        harness.flush().await;
        let mut lake = harness.sql(&query).await.json();
        let sort = |answer: &mut serde_json::Value| {
            let rows = answer["rows"].as_array_mut().unwrap();
            rows.sort_by_key(ToString::to_string);
        };
        let mut hot = hot;
        sort(&mut hot);
        sort(&mut lake);
        assert_eq!(hot, lake, "{table}");
    }
}

#[tokio::test]
async fn ids_are_printed_and_parsed() {
    let harness = Harness::new().await;
    harness.append(&[sample(0xfeed, 0xf000_0000_0000_0001, Some("a"), NOW_NS)]).await;
    for _ in ["hot", "flushed"] {
        let query = format!(
            "select trace_id(trace_hi, trace_lo), span_id(span_id) from spans \
             where trace_hi = trace_hi('{id}') and trace_lo = trace_lo('{id}') and span_id = span_id_int('f000000000000001')",
            id = hex(0xfeed)
        );
        assert_eq!(harness.rows(&query).await, json!([[hex(0xfeed), "f000000000000001"]]));
        harness.flush().await;
    }
    let reply = harness.sql("select trace_hi('no id')").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
}

#[tokio::test]
async fn attribute_maps_can_be_read() {
    let harness = Harness::new().await;
    let mut span = sample(1, 1, Some("a"), NOW_NS);
    span.span.attributes.push(("a".into(), Value::String("x".into())));
    harness.append(&[span]).await;
    for _ in ["hot", "flushed"] {
        assert_eq!(harness.rows("select attrs_3['a'], attrs_3 from spans").await, json!([["x", { "a": "x" }]]));
        harness.flush().await;
    }
}

#[tokio::test]
async fn attributes_are_found_wherever_they_stand() {
    let harness = Harness::new().await;
    let text = |text: &'static str| Value::String(text.into());
    let mut one = sample(1, 1, Some("a"), NOW_NS);
    one.span.attributes = vec![
        ("a".into(), text("x")),
        ("http.response.status_code".into(), Value::Int(503)),
        ("http.request.method".into(), text("GET")),
        ("list".into(), Value::Array(vec![Value::Int(1), text("y")])),
        ("both".into(), text("of the span")),
    ];
    one.resource.attributes.extend([("both".into(), text("of the resource")), ("zone".into(), text("z1"))]);
    let mut two = sample(1, 2, None, NOW_NS + 1);
    // A column of numbers has it as another text.
    two.span.attributes = vec![("http.response.status_code".into(), text("0503")), ("a".into(), text("x"))];
    two.resource.attributes = vec![("both".into(), text("of the resource")), ("a".into(), text("hidden"))];
    harness.append(&[one, two]).await;
    for _ in ["hot", "flushed"] {
        let all = "select attribute('a'), attribute('http.response.status_code'), attribute('http.request.method'), attribute('list'), \
                   attribute('both'), attribute('zone'), attribute('service.name'), attribute('none') from spans order by start_ns";
        assert_eq!(
            harness.rows(all).await,
            json!([
                ["x", "503", "GET", "[1,\"y\"]", "of the span", "z1", "a", null],
                ["x", "0503", null, null, "of the resource", null, null, null],
            ])
        );
        for (query, expected) in [
            ("select attribute('a') as a, count(*) from spans group by 1", json!([["x", 2]])),
            ("select attribute('a'), count(*) from spans group by attribute('a')", json!([["x", 2]])),
            ("select name from spans where attribute('zone') = 'z1'", json!([["span 1"]])),
            (
                "select name, attribute('zone') as zone from spans order by zone",
                json!([["span 1", "z1"], ["span 2", null]]),
            ),
            ("select name from spans where attribute('zone') is null", json!([["span 2"]])),
            ("select n from (select *, name as n from spans) s where attribute('zone') = 'z1'", json!([["span 1"]])),
            (
                "select count(*) from spans where cast(attribute('http.response.status_code') as varchar) like '5%'",
                json!([[1]]),
            ),
        ] {
            assert_eq!(harness.rows(query).await, expected, "{query}");
        }
        harness.flush().await;
    }
    for (query, why) in [
        ("select attribute(name) from spans", "needs a key that is written out"),
        ("select attribute('a') from traces", "is for rows of spans"),
        ("select attribute('a') from spans p join spans c on p.trace_lo = c.trace_lo", "no one column attrs_3"),
        ("select attribute('a')", "is for rows of spans"),
        ("select name from spans order by attribute('a')", "to order by it, select it under a name"),
    ] {
        let reply = harness.sql(query).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}: {}", reply.text());
        assert!(reply.text().contains(why), "{query}: {}", reply.text());
    }
}

#[tokio::test]
async fn what_writes_or_leaves_the_tenant_is_refused() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS)]).await;
    harness.flush().await;
    let file = harness.lake_files("spans")[0].display().to_string();
    let refused = [
        "create table t as select 1".to_owned(),
        "create view v as select 1".to_owned(),
        "drop table spans".to_owned(),
        format!("create external table t stored as parquet location '{file}'"),
        "insert into spans select * from spans".to_owned(),
        "delete from spans".to_owned(),
        "update spans set name = 'x'".to_owned(),
        "copy spans to '/tmp/spanloom-test-copy.parquet'".to_owned(),
        "copy (select 1) to '/tmp/spanloom-test-copy.csv' stored as csv".to_owned(),
        "explain copy spans to '/tmp/spanloom-test-copy.parquet'".to_owned(),
        "set datafusion.execution.batch_size = 1".to_owned(),
        "prepare p as select 1".to_owned(),
        "begin".to_owned(),
        "truncate table spans".to_owned(),
        format!("select * from '{file}'"),
        format!("select * from \"{file}\""),
        "select * from '/etc/passwd'".to_owned(),
        "select * from 'https://example.com/x.csv'".to_owned(),
        "select * from other.spans".to_owned(),
        "select * from default.spans".to_owned(),
        "select * from read_parquet('/x')".to_owned(),
        "select repeat('x', 2000000000)".to_owned(),
        "select 1; select 2".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
    ];
    for text in refused {
        let reply = harness.sql(&text).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{text}: {}", reply.text());
        assert_eq!(reply.json()["error"]["code"], "bad_request", "{text}");
    }
    assert!(!std::path::Path::new("/tmp/spanloom-test-copy.parquet").exists());
    assert_eq!(harness.rows(COUNT).await, json!([[1, 1]]), "nothing was changed");
}

#[tokio::test]
async fn questions_about_the_tables_themselves_work() {
    let harness = Harness::new().await;
    let tables = "select table_name from information_schema.tables where table_schema = 'public' order by 1";
    let mut expected = Table::ALL.map(|table| [table.name()]);
    expected.sort_unstable();
    assert_eq!(harness.rows(tables).await, json!(expected));
    for text in
        ["describe spans", "show tables", "show columns from spans", "explain select * from spans where kind = 2"]
    {
        assert_eq!(harness.sql(text).await.status, StatusCode::OK, "{text}");
    }
}

#[tokio::test]
async fn an_error_points_at_its_place() {
    let harness = Harness::new().await;
    let cases = [
        ("selec 1", json!({ "line": 1, "column": 1 })),
        ("select 1\nfrm spans where", json!({ "line": 2, "column": 5 })),
        ("select name,\n  nme from spans", json!({ "line": 2, "column": 3 })),
        ("select * from spanz", json!({ "line": 1, "column": 15 })),
        ("select 'abc", json!({ "line": 1, "column": 8 })),
    ];
    for (text, position) in cases {
        let error = harness.sql(text).await.json()["error"].take();
        assert_eq!(error["position"], position, "{text}: {error}");
        assert!(!error["message"].as_str().unwrap().contains("Line:"), "{error}");
    }
}

#[tokio::test]
async fn tenants_see_their_own_rows_only() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS)]).await;
    let other: TenantId = "other".parse().unwrap();
    harness.append_to(&other, &[sample(2, 2, Some("b"), NOW_NS), sample(2, 3, Some("b"), NOW_NS)]).await;
    let ask = |tenant: &str| {
        let body = json!({ "query": "select count(*) from spans" }).to_string();
        Request::post("/api/v1/sql").header("x-scope-orgid", tenant).body(Body::from(body)).unwrap()
    };
    for _ in ["hot", "flushed"] {
        assert_eq!(harness.rows("select count(*) from spans").await, json!([[1]]));
        assert_eq!(harness.send(ask("other")).await.json()["rows"], json!([[2]]));
        harness.flush().await;
    }
    for stranger in ["../x", "third", "default|other"] {
        let reply = harness.send(ask(stranger)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{stranger}");
        assert_eq!(reply.json()["error"]["code"], "unauthorized");
    }
}

#[tokio::test]
async fn large_integers_and_odd_numbers_lose_nothing() {
    let harness = Harness::new().await;
    let text = "select 9007199254740992, 9007199254740993, cast('NaN' as double), -cast('inf' as double), 1.5, null, true, \
                [1, null], cast('2024-02-03' as date)";
    let row = json!([
        9_007_199_254_740_992_i64,
        "9007199254740993",
        "NaN",
        "-Infinity",
        1.5,
        null,
        true,
        [1, null],
        "2024-02-03"
    ]);
    let answer = harness.sql(text).await.json();
    assert_eq!(answer["rows"], json!([row]));
    assert_eq!(answer["row_count"], 1);
}

#[tokio::test]
async fn an_empty_answer_has_its_columns() {
    let harness = Harness::new().await;
    let answer = harness.sql("select name from spans").await.json();
    assert_eq!(answer, json!({ "columns": [{ "name": "name", "type": "Utf8" }], "rows": [], "row_count": 0 }));
}

#[tokio::test]
async fn arrow_is_sent_when_asked_for() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS)]).await;
    let body = json!({ "query": "select span_id, name from spans" }).to_string();
    let accept = "application/vnd.apache.arrow.stream";
    let request = Request::post("/api/v1/sql").header("accept", accept).body(Body::from(body)).unwrap();
    let reply = harness.send(request).await;
    assert_eq!(reply.headers["content-type"], accept);
    let reader = arrow::ipc::reader::StreamReader::try_new(std::io::Cursor::new(reply.body), None).unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 1);
}

#[tokio::test]
async fn a_body_that_is_no_question_is_refused() {
    let harness = Harness::new().await;
    for body in ["", "select 1", "{}", r#"{"query": 1}"#, r#"{"query": "select 1", "x": 1}"#] {
        let reply = harness.send(Request::post("/api/v1/sql").body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn the_command_line_gets_batches() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS)]).await;
    let answer = harness.query.sql(&TenantId::default(), "select name from spans").await.unwrap();
    assert_eq!((answer.row_count(), answer.schema().fields().len(), answer.batches().len()), (1, 1, 1));
}
