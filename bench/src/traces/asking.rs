//! Asks questions over and over, and says how long that takes and what it costs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use super::process::{Usage, cpu_s};
use super::questions::{Bar, Form, QUESTIONS, Question};
use super::server::Server;
use super::traffic::Known;

/// A question is asked at least so often, not counting the first time, and until so much time has passed: the system counts CPU
/// time in hundredths of a second.
const TIMES_MIN: usize = 5;
const TIMES_MAX: usize = 200;
const REPEAT_FOR: Duration = Duration::from_secs(2);
const NS_PER_S: u64 = 1_000_000_000;

/// What there is to ask about.
#[derive(Debug, Clone)]
pub struct Stored {
    /// When the last span starts.
    pub end_ns: u64,
    /// Of the hour before that.
    pub spans_of_hour: u64,
    pub known: Known,
}

impl Stored {
    /// # Errors
    /// When the server does not say what it has.
    pub async fn of(server: &Server, known: Known, http: &reqwest::Client) -> Result<Self> {
        let end_ns = number(server, "select max(start_ns) from spans", http).await?;
        let hour = format!("select count(*) from spans where start_ns > {}", end_ns.saturating_sub(3600 * NS_PER_S));
        Ok(Self { end_ns, spans_of_hour: number(server, &hour, http).await?, known })
    }
}

async fn number(server: &Server, query: &str, http: &reqwest::Client) -> Result<u64> {
    let query = serde_json::json!({ "query": query });
    let answer = http.post(format!("{}/api/v1/sql", server.base_url)).json(&query).send().await?.error_for_status()?;
    let answer: serde_json::Value = answer.json().await?;
    // Numbers of 64 bits may be texts.
    let number = &answer["rows"][0][0];
    let number = number.as_u64().or_else(|| number.as_str()?.parse().ok());
    number.with_context(|| format!("no number in {answer}"))
}

/// What a question cost.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub name: &'static str,
    pub hours: i64,
    /// The first time that it was asked: what the server keeps for later was not there.
    pub first_ms: f64,
    pub first_cpu_ms: f64,
    pub p50_ms: f64,
    pub max_ms: f64,
    /// Until the first bytes of an answer came.
    pub begins_p50_ms: f64,
    pub cpu_ms: f64,
    pub times: usize,
    /// Of the server while it was asked.
    pub resident_bytes_peak: u64,
    pub answer_bytes: usize,
    /// Of the CPU time or of the wall clock's.
    pub bar_ms: Option<f64>,
    pub is_met: Option<bool>,
}

/// Asks all questions whose names have a text.
///
/// # Errors
/// When one is not answered.
pub async fn ask_all(
    server: &Server,
    stored: &Stored,
    only: Option<&str>,
    http: &reqwest::Client,
) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for question in QUESTIONS.iter().filter(|question| only.is_none_or(|only| question.name.contains(only))) {
        asked.push(ask(server, question, stored, http).await.with_context(|| question.name)?);
    }
    Ok(asked)
}

/// One answer.
struct Answer {
    begins_ms: f64,
    ms: f64,
    bytes: usize,
}

async fn ask(server: &Server, question: &Question, stored: &Stored, http: &reqwest::Client) -> Result<Asked> {
    Usage::of(server.pid())?;
    let cpu_at_first_s = cpu_s(server.pid())?;
    let first = fetch(request(server, question, stored, http)?).await?;
    let (began, cpu_before_s, mut answers) = (Instant::now(), cpu_s(server.pid())?, Vec::new());
    let first_cpu_ms = (cpu_before_s - cpu_at_first_s) * 1e3;
    while answers.len() < TIMES_MIN || (began.elapsed() < REPEAT_FOR && answers.len() < TIMES_MAX) {
        answers.push(fetch(request(server, question, stored, http)?).await?);
    }
    let cpu_ms = (cpu_s(server.pid())? - cpu_before_s) * 1e3 / answers.len() as f64;
    let sorted = |of: fn(&Answer) -> f64| {
        let mut times: Vec<f64> = answers.iter().map(of).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (times_ms, begins_ms) = (sorted(|answer| answer.ms), sorted(|answer| answer.begins_ms));
    let p50_ms = times_ms[times_ms.len() / 2];
    let (bar_ms, is_met) = match question.bar {
        Bar::CpuMs(bar_ms) => (Some(bar_ms), Some(cpu_ms <= bar_ms)),
        Bar::WallMs(bar_ms) => (Some(bar_ms), Some(p50_ms <= bar_ms)),
        Bar::None => (None, None),
    };
    Ok(Asked {
        name: question.name,
        hours: question.hours,
        first_ms: first.ms,
        first_cpu_ms,
        p50_ms,
        max_ms: times_ms[times_ms.len() - 1],
        begins_p50_ms: begins_ms[begins_ms.len() / 2],
        cpu_ms,
        times: answers.len(),
        resident_bytes_peak: Usage::of(server.pid())?.peak_bytes,
        answer_bytes: first.bytes,
        bar_ms,
        is_met,
    })
}

fn request(
    server: &Server,
    question: &Question,
    stored: &Stored,
    http: &reqwest::Client,
) -> Result<reqwest::RequestBuilder> {
    let text = question.text(&stored.known, stored.end_ns);
    let end_s = stored.end_ns.div_ceil(NS_PER_S);
    let start_s = end_s - question.hours.unsigned_abs() * 3600;
    let url = |path: &str| format!("{}{path}", server.base_url);
    let times = [("start", start_s.to_string()), ("end", end_s.to_string())];
    let get = |path: &str, pairs: &[(&str, String)]| -> Result<reqwest::RequestBuilder> {
        let url = reqwest::Url::parse_with_params(&url(path), pairs.iter().map(|(key, value)| (*key, value.as_str())))?;
        Ok(http.get(url))
    };
    Ok(match question.form {
        Form::Search => {
            let [start, end] = times;
            get("/api/v1/traces", &[("q", text), start, end])?.header("accept", "application/x-ndjson")
        }
        Form::Metrics => {
            let [start, end] = times;
            get("/tempo/api/metrics/query_range", &[("q", text), start, end, ("step", "60s".to_owned())])?
        }
        Form::Tags => get("/tempo/api/v2/search/tags", &times)?,
        Form::TagValues => get(&format!("/tempo/api/v2/search/tag/{text}/values"), &times)?,
        Form::Path => http.get(url(&text)),
        Form::Protobuf => http.get(url(&text)).header("accept", "application/protobuf"),
        Form::Graph => {
            let [start, end] = times;
            get("/api/v1/graph", &[start, end])?
        }
        Form::Sql => {
            let body = serde_json::json!({ "query": text }).to_string();
            http.post(url("/api/v1/sql")).header("content-type", "application/json").body(body)
        }
    })
}

async fn fetch(request: reqwest::RequestBuilder) -> Result<Answer> {
    let asked = Instant::now();
    let mut answer = request.send().await?;
    let status = answer.status();
    let mut body = answer.chunk().await?.unwrap_or_default().to_vec();
    let begins_ms = asked.elapsed().as_secs_f64() * 1e3;
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    Ok(Answer { begins_ms, ms: asked.elapsed().as_secs_f64() * 1e3, bytes: body.len() })
}
