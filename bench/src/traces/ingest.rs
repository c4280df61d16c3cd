//! Spans into a server, as fast as it takes them, and what that costs.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::process::Usage;
use super::server::Server;
use super::settle::settle;
use super::traffic::Traffic;

/// A server that has enough is asked again so much later.
const PAUSE: Duration = Duration::from_millis(20);
/// Requests that are made ahead.
const AHEAD: usize = 16;
/// Between two signs of life.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// What it cost to take spans in.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct IngestCost {
    pub spans: u64,
    pub wire_bytes: u64,
    pub sending_s: f64,
    /// From the last span until the server was done with all.
    pub settling_s: f64,
    /// Of the server, from the first span until it was done with all.
    pub cpu_s: f64,
    pub cpu_s_per_million_spans: f64,
    pub resident_bytes_peak: u64,
    pub resident_bytes_after: u64,
    /// Requests that were to come again later.
    pub deferred: u64,
}

/// What was acknowledged.
#[derive(Debug, Default)]
struct Sent {
    spans: u64,
    bytes: u64,
    deferred: u64,
}

type Body = (Vec<u8>, u64);

/// Sends everything; when this returns the server has all of it in its tables.
///
/// # Errors
/// When it refuses a request, ends, or does not come to rest.
pub async fn ingest(
    server: &mut Server,
    traffics: Vec<Traffic>,
    large: Vec<Body>,
    http: &reqwest::Client,
) -> Result<IngestCost> {
    let before = Usage::of(server.pid())?;
    let began = Instant::now();
    let url = format!("{}/v1/traces", server.otlp_url);
    let clients = traffics.into_iter().map(|traffic| tokio::spawn(send(http.clone(), url.clone(), made(traffic))));
    let mut sent = Sent::default();
    for client in clients.collect::<Vec<_>>() {
        sent.add(client.await??);
    }
    for body in large {
        sent.add(send_one(http, &url, body).await?);
    }
    let sending_s = began.elapsed().as_secs_f64();
    settle(server, http).await?;
    let after = Usage::of(server.pid())?;
    let cpu_s = after.cpu_s - before.cpu_s;
    Ok(IngestCost {
        spans: sent.spans,
        wire_bytes: sent.bytes,
        sending_s,
        settling_s: began.elapsed().as_secs_f64() - sending_s,
        cpu_s,
        cpu_s_per_million_spans: cpu_s / sent.spans as f64 * 1e6,
        resident_bytes_peak: after.peak_bytes,
        resident_bytes_after: after.resident_bytes,
        deferred: sent.deferred,
    })
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.bytes += other.bytes;
        self.deferred += other.deferred;
    }
}

/// Requests out of a thread of their own, for making them takes longer than sending them.
fn made(mut traffic: Traffic) -> mpsc::Receiver<Body> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        while let Some(body) = traffic.next_request() {
            if sender.blocking_send(body).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn send(http: reqwest::Client, url: String, mut bodies: mpsc::Receiver<Body>) -> Result<Sent> {
    let (mut sent, mut said) = (Sent::default(), Instant::now());
    while let Some(body) = bodies.recv().await {
        sent.add(send_one(&http, &url, body).await?);
        if said.elapsed() > SAY_EVERY {
            writeln!(std::io::stderr(), "a client has sent {} spans", sent.spans)?;
            said = Instant::now();
        }
    }
    Ok(sent)
}

async fn send_one(http: &reqwest::Client, url: &str, (body, spans): Body) -> Result<Sent> {
    let mut sent = Sent { spans, bytes: body.len() as u64, deferred: 0 };
    loop {
        let request = http.post(url).header("content-type", "application/x-protobuf").body(body.clone());
        let answer = request.send().await?;
        match answer.status().as_u16() {
            200 => return Ok(sent),
            429 | 503 => {
                sent.deferred += 1;
                tokio::time::sleep(PAUSE).await;
            }
            status => bail!("the server refused a request: {status}: {}", answer.text().await?),
        }
    }
}
