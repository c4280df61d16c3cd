//! Point 6: the lake is open. The `deltalake` package opens the tables and DuckDB queries them, with the server running
//! and stopped, on a disk and in a bucket, and both agree with our SQL.

use serde_json::{Value, json};
use spanloom_bucket::{BUCKET, Bucket, CREDENTIALS};
use tokio::process::Command;

use crate::clients;
use crate::harness::{Server, Site, eventually, number, text_of};
use crate::otlp;

const REQUESTS: u64 = 120;
const SPANS: u64 = 9;
const QUERIES: [&str; 6] = [
    "select count(*) from spans",
    "select service_name, kind, count(*), cast(sum(duration_ns) as bigint), min(name), max(name) from spans \
     group by 1, 2 order by 1, 2",
    "select hour, count(*), count(distinct trace_lo) from spans group by hour order by hour",
    "select count(*) from spans where name = 'GET /7' and parent_span_id is null",
    "select count(*) from spans where service_name = 'web' and duration_ns > 0",
    "select count(distinct trace_lo), count(distinct trace_hi) from traces",
];

#[tokio::test(flavor = "multi_thread")]
async fn other_readers_open_the_lake_and_agree_with_our_sql() {
    let Some(clients) = clients::installed("the open lake") else { return };
    let site = Site::new("hot: { age_max: 500ms }");
    let server = site.start().await;
    let ours = fill(&server).await;
    let reader = || {
        let mut reader = clients::program(&clients, "lake.py");
        reader.arg("--lake").arg(site.data().join("lake/default"));
        reader
    };
    check_reader(reader(), &ours).await;
    server.stop().await;
    check_reader(reader(), &ours).await;

    let data = site.data();
    let printed = site.run(&["sql", "select count(*) from spans", "--data-dir", &data.to_string_lossy()]);
    assert!(printed.status.success(), "{}", text_of(&printed));
    assert!(text_of(&printed).contains(&(REQUESTS * SPANS).to_string()), "{}", text_of(&printed));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_readers_open_a_lake_in_a_bucket_and_agree_with_our_sql() {
    let Some(clients) = clients::installed("the open lake in a bucket") else { return };
    let bucket = Bucket::start().await;
    let lake = format!("url: s3://{BUCKET}/mesh/lake, s3: {{ endpoint: \"{}\" }}", bucket.endpoint());
    let site = Site::new(&format!("lake: {{ {lake} }}\nhot: {{ age_max: 500ms }}"));
    let server = site.try_start(&CREDENTIALS).await.unwrap_or_else(|ended| panic!("no server: {ended}"));
    let ours = fill(&server).await;
    let reader = || {
        let mut reader = clients::program(&clients, "lake.py");
        reader.arg("--lake").arg(format!("s3://{BUCKET}/mesh/lake/default")).args(["--tables", "spans,traces"]);
        reader.envs(CREDENTIALS).env("AWS_ENDPOINT_URL", bucket.endpoint()).env("AWS_ALLOW_HTTP", "true");
        reader.env("AWS_REGION", "us-east-1");
        reader
    };
    check_reader(reader(), &ours).await;
    server.stop().await;
    check_reader(reader(), &ours).await;
}

/// Sends spans until all are in the lake. Returns what our SQL answers.
async fn fill(server: &Server) -> Vec<Value> {
    for id in 0..REQUESTS {
        let request =
            otlp::request(["web", "orders", "stock"][id as usize % 3], &format!("GET /{}", id % 10), id, SPANS);
        otlp::send_acknowledged(&server.http, &server.endpoints, &request).await;
    }
    eventually("all rows are in the lake", async || (server.metric("spanloom_hot_spans").await == 0.0).then_some(()))
        .await;
    answers(server).await
}

async fn answers(server: &Server) -> Vec<Value> {
    let mut answers = Vec::new();
    for query in QUERIES {
        answers.push(json!(server.sql(query).await));
    }
    answers
}

async fn check_reader(mut reader: Command, ours: &[Value]) {
    reader.args(QUERIES);
    let theirs = clients::run(reader).await;
    for ((query, ours), theirs) in
        QUERIES.iter().zip(ours).zip(theirs["answers"].as_array().expect("a list of answers"))
    {
        assert_eq!(ours, theirs, "{query}");
    }
    let spans = &theirs["tables"]["spans"];
    assert_eq!(number(&spans["rows"]), REQUESTS * SPANS, "{spans}");
    assert_eq!(spans["partition_columns"], json!(["hour"]));
    assert!(number(&spans["files"]) > 0 && number(&spans["version"]) > 0, "{spans}");
    assert!(theirs["tables"]["traces"].is_object(), "{}", theirs["tables"]);
}
