//! Samples into a server, as fast as it takes them, and what that costs.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::process::Usage;
use super::requests::{Request, Requests};
use super::server::Server;
use super::settle::settle;

/// A server that has enough is asked again so much later.
const PAUSE: Duration = Duration::from_millis(20);

/// What it cost to take samples in.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct IngestCost {
    pub samples: u64,
    pub wire_bytes: u64,
    /// While requests were sent; encoding them is not in it.
    pub sending_s: f64,
    /// Of the server, from the first sample until it was done with all.
    pub cpu_s: f64,
    pub cpu_us_per_sample: f64,
    pub samples_per_cpu_s: f64,
    pub resident_bytes_peak: u64,
    pub resident_bytes_after: u64,
    /// Requests that were to come again later.
    pub deferred: u64,
}

/// Sends all requests; when this returns the server has everything where it keeps it.
///
/// # Errors
/// When it refuses a request, ends, or does not come to rest.
pub async fn ingest(server: &mut Server, requests: &mut Requests, http: &reqwest::Client) -> Result<IngestCost> {
    let before = Usage::of(server.pid())?;
    let mut sent = Sent::default();
    while let Some(chunk) = requests.next_chunk()? {
        let began = Instant::now();
        let shards = chunk.into_iter().map(|shard| tokio::spawn(send(http.clone(), server.write_url.clone(), shard)));
        for shard in shards.collect::<Vec<_>>() {
            sent.add(shard.await??);
        }
        sent.seconds += began.elapsed().as_secs_f64();
        server.is_running()?;
    }
    settle(server, http).await?;
    let after = Usage::of(server.pid())?;
    let cpu_s = after.cpu_s - before.cpu_s;
    Ok(IngestCost {
        samples: sent.samples,
        wire_bytes: sent.bytes,
        sending_s: sent.seconds,
        cpu_s,
        cpu_us_per_sample: cpu_s / sent.samples as f64 * 1e6,
        samples_per_cpu_s: sent.samples as f64 / cpu_s,
        resident_bytes_peak: after.peak_bytes,
        resident_bytes_after: after.resident_bytes,
        deferred: sent.deferred,
    })
}

/// What was acknowledged.
#[derive(Debug, Default)]
struct Sent {
    samples: u64,
    bytes: u64,
    deferred: u64,
    seconds: f64,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.bytes += other.bytes;
        self.deferred += other.deferred;
    }
}

/// Sends requests one after the other.
async fn send(http: reqwest::Client, url: String, requests: Vec<Request>) -> Result<Sent> {
    let mut sent = Sent::default();
    for request in requests {
        loop {
            let post = http.post(&url).header("content-type", "application/x-protobuf");
            let post = post.header("content-encoding", "snappy").header("x-prometheus-remote-write-version", "0.1.0");
            let answer = post.body(request.body.clone()).send().await?;
            match answer.status().as_u16() {
                200 | 204 => break,
                429 | 503 => {
                    sent.deferred += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                status => bail!("the server refused a request: {status}: {}", answer.text().await?),
            }
        }
        sent.samples += request.samples as u64;
        sent.bytes += request.body.len() as u64;
    }
    Ok(sent)
}
