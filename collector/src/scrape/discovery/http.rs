//! Lists of targets that a server answers.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::time::{sleep, timeout};
use url::Url;

use super::listing::{self, Form};
use super::{Group, Groups};
use crate::scrape::client::{HttpClient, causes, read_body};
use crate::scrape::config::discovery::{HTTP_REFRESH_INTERVAL, HttpSdConfig};

const URL_LABEL: &str = "__meta_url";
const REFRESH_HEADER: &str = "X-Prometheus-Refresh-Interval-Seconds";
const ANSWER_BYTES_MAX: u64 = 64 << 20;

pub(super) async fn run(config: HttpSdConfig, groups: Groups) {
    let client = HttpClient::new(config.client(), true);
    let refresh_interval = config.refresh_interval.unwrap_or(HTTP_REFRESH_INTERVAL).get();
    loop {
        let answer = timeout(refresh_interval, ask(&client, &config.url, refresh_interval)).await;
        match answer.unwrap_or_else(|_| Err(format!("no answer within {refresh_interval:?}"))) {
            Ok(found) => groups.replace(found),
            Err(problem) => groups.failed("", format!("failed to ask {}: {problem}", config.url)),
        }
        sleep(refresh_interval).await;
    }
}

/// Asks once. The answer must be 200, JSON by its type, and sound; anything else is an error that changes nothing.
async fn ask(client: &HttpClient, url: &str, refresh_interval: Duration) -> Result<Vec<Group>, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let source = url.to_string();
    let request = client.get(url).await?;
    let seconds = refresh_interval.as_secs_f64().to_string();
    let request = request.header(ACCEPT, "application/json").header(REFRESH_HEADER, seconds);
    let response = request.send().await.map_err(|error| causes(&error))?;
    if response.status() != StatusCode::OK {
        return Err(format!("server returned HTTP status {}", response.status()));
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(content_type) {
        return Err(format!("content type is {content_type:?}, it must be application/json"));
    }
    let mut body = Vec::new();
    read_body(response, ANSWER_BYTES_MAX, &mut body).await.map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(&body).map_err(|error| error.to_string())?;
    listing::groups(text, Form::Json, &source, (URL_LABEL, &source))
}

/// UTF-8 is the only character set that Prometheus allows to be named.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/json")
        && parts.all(|part| part.replace(['"', ' '], "") == "charset=utf-8" || !part.starts_with("charset"))
}
