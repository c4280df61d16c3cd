//! From target to page.

use std::fmt::Write;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use tokio::time::timeout;

use crate::exposition::Format;
use crate::scrape::client::{HttpClient, ReadFailed, causes, read_body};
use crate::scrape::config::{GlobalConfig, JobConfig, ScrapeProtocol};
use crate::scrape::failure::ScrapeFailure;
use crate::scrape::target::Target;

const TIMEOUT_HEADER: &str = "X-Prometheus-Scrape-Timeout-Seconds";

/// How the targets of a job are asked.
#[derive(Debug)]
pub(in crate::scrape) struct Fetch {
    client: HttpClient,
    accept: HeaderValue,
    fallback: Option<Format>,
    body_bytes_max: u64,
}

/// What was fetched; the page itself is in the buffer.
#[derive(Debug, Clone, Copy)]
pub(in crate::scrape) struct Fetched {
    pub format: Format,
}

impl Fetch {
    pub fn new(job: &JobConfig, global: &GlobalConfig) -> Self {
        let limit = job.body_size_limit.unwrap_or(global.body_size_limit).as_u64();
        Self {
            client: HttpClient::new(job.client(), job.enable_compression.unwrap_or(true)),
            accept: accept(job, global),
            fallback: job.fallback_scrape_protocol.map(ScrapeProtocol::format),
            body_bytes_max: if limit == 0 { super::super::config::BODY_BYTES_MAX.as_u64() } else { limit },
        }
    }

    /// Reads the page of a target into `page`, which holds what there was of it when that fails.
    pub async fn page(&self, target: &Target, page: &mut Vec<u8>) -> Result<Fetched, ScrapeFailure> {
        let of_time = target.id.timeout;
        let fetched = timeout(of_time, self.ask(target, page)).await;
        fetched.unwrap_or(Err(ScrapeFailure::Timeout(of_time)))
    }

    async fn ask(&self, target: &Target, page: &mut Vec<u8>) -> Result<Fetched, ScrapeFailure> {
        let request = self.client.get(target.id.url.clone()).await.map_err(ScrapeFailure::Client)?;
        let seconds = target.id.timeout.as_secs_f64().to_string();
        let request = request.header(ACCEPT, self.accept.clone()).header(TIMEOUT_HEADER, seconds);
        let response = request.send().await.map_err(|error| ScrapeFailure::Transport(causes(&error)))?;
        if response.status() != StatusCode::OK {
            return Err(ScrapeFailure::Status(response.status().to_string()));
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        // A header that is no text is a type that nobody knows.
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let format = match (Format::of_content_type(content_type.as_deref()), self.fallback) {
            (Ok(format), _) | (Err(_), Some(format)) => format,
            (Err(unknown), None) => return Err(unknown.into()),
        };
        match read_body(response, self.body_bytes_max, page).await {
            Ok(()) => Ok(Fetched { format }),
            Err(ReadFailed::TooLarge(max)) => Err(ScrapeFailure::BodyTooLarge(max)),
            Err(ReadFailed::Broken(problem)) => Err(ScrapeFailure::Transport(problem)),
        }
    }
}

/// What is accepted: what the configuration lists, most wanted first, or all there is.
fn accept(job: &JobConfig, global: &GlobalConfig) -> HeaderValue {
    let listed = if job.scrape_protocols.is_empty() { &global.scrape_protocols } else { &job.scrape_protocols };
    if listed.is_empty() {
        return HeaderValue::from_static(Format::accept(job.scrape_native_histograms));
    }
    let mut text = String::new();
    for (at, protocol) in listed.iter().enumerate() {
        // There are five protocols, and none is listed twice.
        let _ = write!(text, "{};q=0.{},", protocol.media_type(), 9usize.saturating_sub(at));
    }
    text.push_str("*/*;q=0.1");
    HeaderValue::from_str(&text).expect("media types are ASCII")
}

impl ScrapeProtocol {
    const fn media_type(self) -> &'static str {
        match self {
            Self::PrometheusProto => {
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
            }
            Self::OpenMetricsText0_0_1 => "application/openmetrics-text;version=0.0.1",
            Self::OpenMetricsText1_0_0 => "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
            Self::PrometheusText0_0_4 => "text/plain;version=0.0.4",
            Self::PrometheusText1_0_0 => "text/plain;version=1.0.0;escaping=allow-utf-8",
        }
    }

    const fn format(self) -> Format {
        match self {
            Self::PrometheusProto => Format::Protobuf,
            Self::OpenMetricsText0_0_1 | Self::OpenMetricsText1_0_0 => Format::OpenMetrics,
            Self::PrometheusText0_0_4 | Self::PrometheusText1_0_0 => Format::Text,
        }
    }
}
