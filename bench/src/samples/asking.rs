//! Asks a server what dashboards ask, over and over, and says how long that takes and what it costs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::pod::Workload;
use super::process::cpu_s;
use super::questions::{QUESTIONS, Question, When};
use super::server::Server;

/// A question is asked at least so often, not counting the first time, and until so much time has passed: the system counts CPU
/// time in hundredths of a second.
const TIMES_MIN: usize = 7;
const TIMES_MAX: usize = 200;
const REPEAT_FOR: Duration = Duration::from_secs(2);
const HOUR_MS: i64 = 3_600_000;

/// What a question cost.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub name: &'static str,
    pub p50_ms: f64,
    pub max_ms: f64,
    pub cpu_ms: f64,
    pub times: usize,
    pub answer: Digest,
}

/// What an answer comes to. Two servers with the same samples give the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Digest {
    pub series: usize,
    pub points: usize,
    /// Of all values that are numbers.
    pub sum: f64,
}

impl Digest {
    /// Whether two answers agree but for what is lost when sums are made in another order.
    pub fn agrees(&self, other: &Self) -> bool {
        const PART: f64 = 1e-6;
        let is_near = (self.sum - other.sum).abs() <= PART * self.sum.abs().max(other.sum.abs());
        (self.series, self.points) == (other.series, other.points) && is_near
    }
}

/// The times that are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub start_ms: i64,
    pub end_ms: i64,
}

/// Asks all questions.
///
/// # Errors
/// When one is not answered, or with nothing.
pub async fn ask_all(server: &Server, stored: Stored, http: &reqwest::Client) -> Result<Vec<Asked>> {
    let mut asked = Vec::with_capacity(QUESTIONS.len());
    for question in &QUESTIONS {
        asked.push(ask(server, question, stored, http).await.with_context(|| question.name)?);
    }
    Ok(asked)
}

async fn ask(server: &Server, question: &Question, stored: Stored, http: &reqwest::Client) -> Result<Asked> {
    let url = url(server, question, stored)?;
    let body = fetch(&url, http).await?;
    let answer = digest(&body)?;
    ensure!(answer.series > 0, "the answer is empty: {url}");
    let (began, cpu_before_s, mut times_ms) = (Instant::now(), cpu_s(server.pid())?, Vec::new());
    while times_ms.len() < TIMES_MIN || (began.elapsed() < REPEAT_FOR && times_ms.len() < TIMES_MAX) {
        let asked = Instant::now();
        fetch(&url, http).await?;
        times_ms.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    let cpu_ms = (cpu_s(server.pid())? - cpu_before_s) * 1e3 / times_ms.len() as f64;
    times_ms.sort_by(f64::total_cmp);
    let (p50_ms, max_ms) = (times_ms[times_ms.len() / 2], times_ms[times_ms.len() - 1]);
    Ok(Asked { name: question.name, p50_ms, max_ms, cpu_ms, times: times_ms.len(), answer })
}

/// What a dashboard would fetch. Ranges that begin before the first sample begin with it.
fn url(server: &Server, question: &Question, stored: Stored) -> Result<reqwest::Url> {
    let workload = Workload(1);
    let query = question.query(&workload.name(), &workload.namespace());
    let seconds = |time_ms: i64| (time_ms / 1000).to_string();
    let start = |hours: i64| seconds((stored.end_ms - hours * HOUR_MS).max(stored.start_ms));
    let end = seconds(stored.end_ms);
    let base = format!("{}/api/v1", server.api_url);
    let range = |hours, step: &str| {
        let pairs =
            [("query", query.clone()), ("start", start(hours)), ("end", end.clone()), ("step", step.to_owned())];
        reqwest::Url::parse_with_params(&format!("{base}/query_range"), pairs)
    };
    let url = match question.when {
        When::LastHour => range(1, "15"),
        When::SixHours => range(6, "60"),
        When::Instant => {
            let pairs = [("query", query.clone()), ("time", end.clone())];
            reqwest::Url::parse_with_params(&format!("{base}/query"), pairs)
        }
        When::Values(label) => {
            let pairs = [("match[]", query.clone()), ("start", start(1)), ("end", end.clone())];
            reqwest::Url::parse_with_params(&format!("{base}/label/{label}/values"), pairs)
        }
    };
    url.context("making the address of a question")
}

async fn fetch(url: &reqwest::Url, http: &reqwest::Client) -> Result<Vec<u8>> {
    let answer = http.get(url.clone()).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    Ok(body.into())
}

/// Prometheus' answer: a vector or matrix, or a list of values.
#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Result { result: Vec<Element> },
    Values(Vec<String>),
}

#[derive(Deserialize)]
struct Element {
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
}

/// Time and value.
type Point = (f64, String);

fn digest(body: &[u8]) -> Result<Digest> {
    let answer: Answer = serde_json::from_slice(body).context("not an answer of Prometheus' API")?;
    Ok(match answer.data {
        Data::Values(values) => Digest { series: values.len(), points: 0, sum: 0.0 },
        Data::Result { result } => {
            let points = || result.iter().flat_map(|element| element.values.iter().chain(&element.value));
            let numbers = points().filter_map(|(_, value)| value.parse::<f64>().ok()).filter(|value| value.is_finite());
            Digest { series: result.len(), points: points().count(), sum: numbers.sum() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, series: usize, points: usize, sum: f64) {
        assert_eq!(digest(body.as_bytes()).unwrap(), Digest { series, points, sum });
    }

    #[test]
    fn answers_are_counted() {
        check(r#"{"status":"success","data":["a","b"]}"#, 2, 0, 0.0);
        check(r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}"#, 1, 1, 2.0);
        let matrix = r#"{"metric":{"a":"b"},"values":[[1,"2"],[2.5,"NaN"]]}"#;
        check(&format!(r#"{{"data":{{"resultType":"matrix","result":[{matrix},{matrix}]}}}}"#), 2, 4, 4.0);
        assert!(digest(b"{}").is_err());
    }
    #[test]
    fn answers_agree_when_only_the_order_of_sums_differs() {
        let of = |points, sum| Digest { series: 1, points, sum };
        assert!(of(2, 1e9).agrees(&of(2, 1e9 + 1.0)));
        assert!(of(2, 0.0).agrees(&of(2, 0.0)));
        assert!(!of(2, 1.0).agrees(&of(2, 1.1)));
        assert!(!of(2, 1.0).agrees(&of(3, 1.0)));
    }
}
