//! `spanloom sql`: asks a running server, or opens a stopped one's data and asks the same API in this process, so that
//! both answer alike.

/// Answers as text.
mod text;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use spanloom_collector::Decoder;
use spanloom_query::Query;
use spanloom_store::{Store, SystemClock, Tenants, TenantsConfig};
use tower::ServiceExt as _;

use crate::arguments::{Format, Place, Sql};
use crate::command::print;
use crate::config::Config;
use crate::serve::Endpoints;
use crate::telemetry;

const PATH: &str = "/api/v1/sql";
const DEFAULT_URL: &str = "http://127.0.0.1:4300";
const TENANT_HEADER: &str = "x-scope-orgid";

/// Asks and prints the answer.
///
/// # Errors
/// When nobody answers, or the answer is a refusal; the message says why and where in the query.
pub async fn run(place: &Place, question: Sql) -> Result<ExitCode> {
    telemetry::start_quiet();
    let config = Config::load(place)?;
    let (status, body) = if place.data_dir.is_some() {
        ask_lake(config, &question).await?
    } else {
        ask_server(&config, &question).await?
    };
    if status != StatusCode::OK {
        bail!("{}", refusal(status, &body));
    }
    let answer = || serde_json::from_slice(&body).context("the answer is not that of a Spanloom server");
    match question.format {
        Format::Json => print(&(String::from_utf8_lossy(&body) + "\n"))?,
        Format::Table => print(&text::table(&answer()?))?,
        Format::Csv => print(&text::csv(&answer()?))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn body(question: &Sql) -> String {
    json!({ "query": question.query }).to_string()
}

async fn ask_server(config: &Config, question: &Sql) -> Result<(StatusCode, Bytes)> {
    let running = || Endpoints::read(&config.data_dir).map(|endpoints| endpoints.api_url());
    let url = question.url.clone().or_else(running).unwrap_or_else(|| DEFAULT_URL.to_owned());
    let url = format!("{}{PATH}", url.trim_end_matches('/'));
    let request = reqwest::Client::new().post(&url).header(CONTENT_TYPE, "application/json");
    let request = request.header(TENANT_HEADER, &question.tenant).body(body(question));
    let request = match &question.token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await.with_context(|| format!("failed to ask {url}; is the server running?"))?;
    Ok((answer.status(), answer.bytes().await.with_context(|| format!("{url} did not answer to the end"))?))
}

async fn ask_lake(config: Config, question: &Sql) -> Result<(StatusCode, Bytes)> {
    let store = Store::open_read_only(config.store(), Arc::new(Decoder::new())).await?;
    // Whoever can read the files may read every tenant's.
    let any = TenantsConfig { allowed: vec!["*".to_owned()], max: usize::MAX };
    let tenants = Arc::new(Tenants::new(&any).map_err(anyhow::Error::msg)?);
    let query = Query::new(store, tenants, config.query, Arc::new(SystemClock), &mut Registry::default())?;
    let request = Request::post(PATH).header(CONTENT_TYPE, "application/json").header(TENANT_HEADER, &question.tenant);
    let answer = query.router().oneshot(request.body(Body::from(body(question)))?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?;
    Ok((status, body.to_bytes()))
}

/// The message of a refusal, with the place in the query where the server knows it.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &body["error"];
    let message = error["message"].as_str().unwrap_or("the server does not say why");
    match (error["position"]["line"].as_u64(), error["position"]["column"].as_u64()) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: {message}"),
        _ => format!("{message} ({status})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_where_and_why() {
        let body =
            br#"{"error": {"code": "bad_request", "message": "no such column", "position": {"line": 1, "column": 8}}}"#;
        assert_eq!(refusal(StatusCode::BAD_REQUEST, body), "line 1, column 8: no such column");
        let body = br#"{"error": {"code": "unauthorized", "message": "who are you"}}"#;
        assert_eq!(refusal(StatusCode::UNAUTHORIZED, body), "who are you (401 Unauthorized)");
        assert!(refusal(StatusCode::BAD_GATEWAY, b"<html>").contains("502"));
    }
}
