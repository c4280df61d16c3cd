//! Questions to Prometheus' HTTP API, ours or a real one's, and answers in a form in which two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::harness::{Server, http_client};

/// The labels of a series, its name among them.
pub type Labels = BTreeMap<String, String>;

/// Where an API is.
pub struct Api {
    http: reqwest::Client,
    base: String,
}

/// Times of a question, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub enum Range {
    Instant(i64),
    Steps { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// The points of one series, by time in milliseconds.
pub type Points = BTreeMap<i64, f64>;

/// Floats of an answer by series; a scalar is a series without labels.
pub type Answer = BTreeMap<Labels, Points>;

/// A native histogram.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Histogram {
    #[serde(deserialize_with = "float")]
    pub count: f64,
    #[serde(deserialize_with = "float")]
    pub sum: f64,
    /// Which bounds are inclusive, both bounds, and the count.
    #[serde(default)]
    pub buckets: Vec<(u8, Float, Float, Float)>,
}

/// A number that stands in JSON as text.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Float(#[serde(deserialize_with = "float")] pub f64);

fn float<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("{text:?} is no number")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Json,
}

#[derive(Deserialize)]
struct Element {
    metric: Labels,
    value: Option<(f64, Float)>,
    #[serde(default)]
    values: Vec<(f64, Float)>,
    histogram: Option<(f64, Histogram)>,
}

impl Api {
    /// Ours.
    pub fn of(server: &Server) -> Self {
        Self { http: server.http.clone(), base: server.url("/prometheus") }
    }

    /// That of a Prometheus.
    pub fn at(address: &str) -> Self {
        Self { http: http_client(), base: format!("http://{address}") }
    }

    /// The text of any page of it.
    pub async fn text(&self, path: &str) -> Option<String> {
        self.http.get(format!("{}{path}", self.base)).send().await.ok()?.text().await.ok()
    }

    /// The field `data` of the answer to a question.
    ///
    /// # Errors
    /// The error that the API says.
    pub async fn data(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Json, String> {
        let url = format!("{}/api/v1/{path}", self.base);
        let request = self.http.get(&url).query(parameters);
        let answer = request.send().await.unwrap_or_else(|error| panic!("GET {url} {parameters:?}: {error}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_else(|error| panic!("GET {url} {parameters:?}: {error}"));
        let mut body: Json = serde_json::from_str(&text).map_err(|_| format!("{status}: {text}"))?;
        if body["status"] == "success" { Ok(body["data"].take()) } else { Err(body["error"].to_string()) }
    }

    /// The floats that a query comes to.
    ///
    /// # Errors
    /// The error that the API says.
    pub async fn ask(&self, query: &str, range: Range) -> Result<Answer, String> {
        let data = self.evaluate(query, range).await?;
        if data.result_type == "scalar" {
            let (time, Float(value)) = read(data.result);
            return Ok([(Labels::new(), [(ms(time), value)].into())].into());
        }
        let elements: Vec<Element> = read(data.result);
        Ok(elements.into_iter().map(points).collect())
    }

    /// The native histograms that an instant query comes to.
    pub async fn histograms(&self, query: &str, time_ms: i64) -> BTreeMap<Labels, Histogram> {
        let data = self.evaluate(query, Range::Instant(time_ms)).await.unwrap_or_else(|why| panic!("{query}: {why}"));
        let elements: Vec<Element> = read(data.result);
        elements.into_iter().filter_map(|element| Some((element.metric, element.histogram?.1))).collect()
    }

    /// The only value of each series at a time.
    pub async fn at_ms(&self, query: &str, time_ms: i64) -> BTreeMap<Labels, f64> {
        let answer = self.ask(query, Range::Instant(time_ms)).await.unwrap_or_else(|why| panic!("{query}: {why}"));
        answer.into_iter().filter_map(|(labels, points)| Some((labels, points.into_values().next()?))).collect()
    }

    /// The values that an instant query comes to, in its order.
    pub async fn order(&self, query: &str, time_ms: i64) -> Vec<f64> {
        let data = self.evaluate(query, Range::Instant(time_ms)).await.unwrap_or_else(|why| panic!("{query}: {why}"));
        let elements: Vec<Element> = read(data.result);
        elements.into_iter().filter_map(|element| Some(element.value?.1.0)).collect()
    }

    async fn evaluate(&self, query: &str, range: Range) -> Result<Data, String> {
        let data = match range {
            Range::Instant(time_ms) => self.data("query", &[("query", query), ("time", &seconds(time_ms))]).await?,
            Range::Steps { start_ms, end_ms, step_ms } => {
                let (start, end, step) = (seconds(start_ms), seconds(end_ms), seconds(step_ms));
                let times = [("start", start.as_str()), ("end", end.as_str()), ("step", step.as_str())];
                self.data("query_range", &[&[("query", query)], &times[..]].concat()).await?
            }
        };
        Ok(read(data))
    }
}

fn read<T: serde::de::DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).expect("an answer has the form that Prometheus documents")
}

fn points(element: Element) -> (Labels, Points) {
    let all = element.values.into_iter().chain(element.value);
    (element.metric, all.map(|(time, Float(value))| (ms(time), value)).collect())
}

fn ms(time_s: f64) -> i64 {
    (time_s * 1000.0).round() as i64
}

/// A time or a step as a parameter.
pub fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Equal but for rounding.
pub fn is_close(one: f64, other: f64, relative_max: f64) -> bool {
    one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= relative_max * one.abs().max(other.abs())
}

/// The same times, and values that are equal but for rounding.
pub fn are_close(one: &Points, other: &Points, relative_max: f64) -> bool {
    let same = |((time, value), (other_time, other)): ((&i64, &f64), (&i64, &f64))| {
        time == other_time && is_close(*value, *other, relative_max)
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// What is not the same in two answers, but for rounding.
pub fn difference(expected: &Answer, found: &Answer, relative_max: f64) -> Option<String> {
    let (names, others): (BTreeSet<_>, BTreeSet<_>) = (expected.keys().collect(), found.keys().collect());
    if names != others {
        let (lacking, strange): (Vec<_>, Vec<_>) =
            (names.difference(&others).collect(), others.difference(&names).collect());
        return Some(format!("not found: {lacking:?}; not expected: {strange:?}"));
    }
    let differs = |(labels, points): &(_, &Points)| !are_close(points, &found[*labels], relative_max);
    let (labels, points) = expected.iter().find(differs)?;
    Some(format!("{labels:?}: expected {points:?}, found {:?}", found[labels]))
}
