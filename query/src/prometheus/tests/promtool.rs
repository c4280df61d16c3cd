//! `promtool` as a client: what it prints of our answers.

use tokio::process::Command;

use super::store::Memory;
use super::{about, client, world};
use crate::prometheus::router;

/// What `promtool query` prints, without and with success.
struct Printed {
    out: String,
    error: String,
}

/// Runs `promtool query <kind> <server> <more>`; `None` where there is no program: that was said.
async fn query(kind: &str, more: &[&str]) -> Option<Printed> {
    let program = client::program("promtool")?;
    let port = client::serve(router(Memory::new(world::series()), about())).await;
    let server = format!("http://127.0.0.1:{port}/prometheus");
    let output = Command::new(program).args(["query", kind, &server]).args(more).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some(Printed { out: text(output.stdout), error: text(output.stderr) })
}

async fn check(kind: &str, more: &[&str], expected: &str) {
    let Some(printed) = query(kind, more).await else { return };
    assert_eq!((printed.out.trim_end(), printed.error.as_str()), (expected, ""), "{kind} {more:?}");
}

#[tokio::test]
async fn it_reads_vectors() {
    let expected =
        "up{instance=\"a:1\", job=\"api\"} => 1 @[1700000600]\nup{instance=\"b:1\", job=\"web\"} => 0 @[1700000600]";
    check("instant", &["--time=1700000600", "up"], expected).await;
    check("instant", &["--time=1700000600", "sum(odd{kind=\"tiny\"})"], "{} => 0.0000000015 @[1700000600]").await;
    check("instant", &["--time=1700000600", "sum(odd{kind=\"plus\"})"], "{} => +Inf @[1700000600]").await;
}

#[tokio::test]
async fn it_reads_scalars() {
    check("instant", &["--time=1700000600.500", "time()"], "scalar: 1700000600.5 @[1700000600.5]").await;
}

#[tokio::test]
async fn it_reads_matrices() {
    let more = ["--start=1700000000", "--end=1700000030", "--step=15s", "up{job=\"api\"}"];
    let expected = "up{instance=\"a:1\", job=\"api\"} =>\n1 @[1700000000]\n1 @[1700000015]\n1 @[1700000030]";
    check("range", &more, expected).await;
}

#[tokio::test]
async fn it_reads_series() {
    let more = ["--match=up", "--start=1700000000", "--end=1700000600"];
    let expected = "{__name__=\"up\", instance=\"a:1\", job=\"api\"}\n{__name__=\"up\", instance=\"b:1\", job=\"web\"}";
    check("series", &more, expected).await;
}

#[tokio::test]
async fn it_reads_values_of_labels() {
    check("labels", &["--start=1700000000", "--end=1700000600", "job"], "api\ncustom\nweb").await;
}

#[tokio::test]
async fn it_shows_errors() {
    let Some(printed) = query("instant", &["(1"]).await else { return };
    let error = "query error: bad_data: invalid parameter \"query\": 1:3: parse error: unclosed left parenthesis";
    assert_eq!((printed.out.as_str(), printed.error.trim_end()), ("", error));
}
