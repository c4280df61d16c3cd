//! Answers that are longer than a piece are sent while they are made, and are the same.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::store::Memory;
use super::{about, instant};
use crate::prometheus::router;
use crate::promql::labels::Labels;
use crate::promql::sample::Series;

const SERIES: usize = 2_000;

fn many() -> Vec<Series> {
    let series = (0..SERIES).map(|number| {
        let labels = Labels::new([("__name__", "many".to_owned()), ("number", format!("{number:04}"))]);
        let mut series = Series { labels, ..Series::default() };
        for at in 0..5 {
            series.floats.push((super::world::END_SECONDS - at * 15) * 1_000, number as f64);
        }
        series.floats.times_ms.reverse();
        series
    });
    series.collect()
}

/// The answer, and in how many pieces it came.
async fn pieces(path: &str) -> (serde_json::Value, usize) {
    let request = Request::get(format!("/prometheus{path}")).body(Body::empty()).unwrap();
    let response = router(Memory::new(many()), about()).oneshot(request).await.unwrap();
    let (mut body, mut read, mut count) = (response.into_body(), Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        assert!(piece.len() < 80 << 10, "a piece of {} bytes", piece.len());
        read.extend_from_slice(&piece);
        count += 1;
    }
    (serde_json::from_slice(&read).unwrap(), count)
}

#[tokio::test]
async fn long_vectors_come_in_pieces() {
    let (answer, count) = pieces(&instant("many")).await;
    let result = answer["data"]["result"].as_array().unwrap();
    assert_eq!(result.len(), SERIES);
    assert_eq!(result[1_999]["value"], serde_json::json!([1_700_000_600, "1999"]));
    assert!(count > 1);
}

#[tokio::test]
async fn long_matrices_come_in_pieces() {
    let path = "/api/v1/query_range?query=many&start=1700000540&end=1700000600&step=15&stats=1";
    let (answer, count) = pieces(path).await;
    let result = answer["data"]["result"].as_array().unwrap();
    assert_eq!(result.len(), SERIES);
    assert!(result.iter().all(|series| series["values"].as_array().unwrap().len() == 5));
    assert!(answer["data"]["stats"].is_object());
    assert!(count > 1);
}

#[tokio::test]
async fn long_lists_come_in_pieces() {
    let (answer, count) = pieces("/api/v1/series?match[]=many").await;
    assert_eq!(answer["data"].as_array().unwrap().len(), SERIES);
    assert!(count > 1);
}
