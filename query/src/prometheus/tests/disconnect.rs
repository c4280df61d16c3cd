//! Whose client has gone is not evaluated to the end.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::store::{Memory, Stage};
use super::{about, client, encoded, world};
use crate::prometheus::router;
use crate::promql::engine::QueryFailure;

/// How long a cancelled evaluation may take until it ends.
const END: Duration = Duration::from_secs(30);

/// What takes many seconds: ten thousand windows of six thousand samples each, sorted one by one.
fn endless() -> String {
    let text = encoded("quantile_over_time(0.5, up[10m:100ms])");
    let (start, end) = (world::START_SECONDS, world::START_SECONDS + 1_000);
    format!("/prometheus/api/v1/query_range?query={text}&start={start}&end={end}&step=0.1")
}

async fn reaches(store: &Memory, is_reached: impl Fn(&Stage) -> bool) -> Stage {
    let mut stages = store.stage.subscribe();
    let reached = tokio::time::timeout(END, stages.wait_for(|stage| is_reached(stage))).await;
    reached.expect("the evaluation goes on").unwrap().clone()
}

async fn check_canceled(store: &Memory) {
    let end = reaches(store, |stage| !matches!(stage, Stage::Idle | Stage::Begun)).await;
    assert_eq!(end, Stage::Failed(QueryFailure::Canceled));
}

#[tokio::test]
async fn dropping_the_answer_cancels() {
    let store = Memory::new(world::series());
    let request = Request::get(endless()).body(Body::empty()).unwrap();
    let answer = tokio::spawn(router(store.clone(), about()).oneshot(request));
    reaches(&store, |stage| *stage == Stage::Begun).await;
    answer.abort();
    check_canceled(&store).await;
}

#[tokio::test]
async fn closing_the_connection_cancels() {
    let store = Memory::new(world::series());
    let port = client::serve(router(store.clone(), about())).await;
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", endless());
    connection.write_all(request.as_bytes()).await.unwrap();
    reaches(&store, |stage| *stage == Stage::Begun).await;
    drop(connection);
    check_canceled(&store).await;
}
