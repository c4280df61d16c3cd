//! Bodies of some kilobytes that unpack to gigabytes: refused for good, and unpacked only as far as the bound. And such as unpack to more
//! than they say: taken.

use std::io::Write as _;
use std::sync::Arc;

use prost::Message as _;

use super::{Body, MIB, PROTOBUF, RESOURCE_EXHAUSTED, check_unharmed, many, serving};
use crate::grpc;
use crate::harness::Server;
use crate::otlp::{self, EXPORT, Outcome};

/// What a bomb unpacks to.
const UNPACKED_BYTES: usize = 2 << 30;
/// Bombs sent at once.
const BOMBS: usize = 8;
/// More than the bound of what may be in flight, much less than one bomb.
const GROWTH_BYTES_MAX: u64 = 192 * MIB;
const CONFIG: &str = "ingest: { request_bytes_max: 8MiB, decoded_bytes_max: 8MiB, inflight_bytes_max: 64MiB }";

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_bomb_takes_no_memory() {
    check("gzip", gzip_bomb()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zstd_bomb_takes_no_memory() {
    check("zstd", zstd_bomb()).await;
}

/// The first of several frames says how long it is itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_it_says_is_taken() {
    const SPANS: u64 = 10_000;
    let (_site, server) = serving("").await;
    let request = otlp::request("long", "GET /", 7, SPANS).encode_to_vec();
    assert!(request.len() as u64 > MIB, "{} bytes", request.len());
    let frames =
        |parts: [&[u8]; 2]| parts.map(|part| zstd::bulk::compress(part, 1).expect("compress in memory")).concat();
    let url = format!("http://{}/v1/traces", server.endpoints.otlp_http);
    for body in [frames([b"", &request]), frames(request.split_at(1000).into())] {
        let outcome = post(server.http.clone(), url.clone(), "zstd", Arc::new(body)).await;
        assert!(matches!(outcome, Outcome::Refused(200, _)), "{outcome:?}");
    }
    let stored = "select count(distinct span_id) from spans where service_name = 'long'";
    assert_eq!(server.count(stored).await, SPANS);
}

async fn check(encoding: &'static str, bomb: Vec<u8>) {
    assert!(bomb.len() < 8 * MIB as usize, "the bomb has {} bytes", bomb.len());
    let bomb: Body = Arc::new(bomb);
    let (_site, server) = serving(CONFIG).await;
    let before = peak_bytes(&server);
    let (http, url) = (server.http.clone(), format!("http://{}/v1/traces", server.endpoints.otlp_http));
    let post = || post(http.clone(), url.clone(), encoding, Arc::clone(&bomb));
    for outcome in many(BOMBS, post).await {
        assert!(matches!(outcome, Outcome::Refused(413, _) | Outcome::Later), "{encoding} over HTTP: {outcome:?}");
    }
    let alone = post().await;
    assert!(matches!(alone, Outcome::Refused(413, _)), "{encoding} over HTTP, alone: {alone:?}");
    let reply = grpc::call(&server.endpoints.otlp_grpc, EXPORT, &[], Some(encoding), &bomb).await.expect("an answer");
    assert_eq!(reply.status, RESOURCE_EXHAUSTED, "{encoding} over gRPC: {reply:?}");
    assert!(!reply.has_retry_info(), "{encoding} over gRPC would be sent again: {reply:?}");
    let grown = peak_bytes(&server) - before;
    assert!(grown < GROWTH_BYTES_MAX, "the server grew by {grown} bytes");
    check_unharmed(&server).await;
}

async fn post(http: reqwest::Client, url: String, encoding: &'static str, body: Body) -> Outcome {
    let request = http.post(url).header("content-type", PROTOBUF).header("content-encoding", encoding);
    match request.body(body.to_vec()).send().await.map(|answer| answer.status().as_u16()) {
        Ok(429 | 503) => Outcome::Later,
        Ok(status) => Outcome::Refused(status.into(), String::new()),
        Err(_) => Outcome::Lost,
    }
}

/// The most memory that the process ever held.
fn peak_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("read /proc");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a process has VmHWM");
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
    kib.expect("VmHWM is a number of KiB") * 1024
}

/// One gzip member. After a full flush deflate starts anew at a byte, so that the same piece can stand there again and
/// again.
fn gzip_bomb() -> Vec<u8> {
    let piece_bytes = MIB as usize;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; piece_bytes]).expect("compress in memory");
    encoder.flush().expect("compress in memory");
    let piece = encoder.get_ref().clone();
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for _ in 0..UNPACKED_BYTES / piece_bytes {
        bomb.extend_from_slice(&piece);
    }
    bomb.extend_from_slice(&[3, 0]); // the last block, empty
    bomb.extend_from_slice(&[0; 8]); // checksum and length, which nobody will get to
    bomb
}

/// One zstd frame of blocks that say "this byte, so many times".
fn zstd_bomb() -> Vec<u8> {
    const BLOCK_BYTES: usize = 128 << 10;
    const RUN_LENGTH_BLOCK: u32 = 1 << 1;
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x50]; // no length, a window of 1 MiB
    let header = ((BLOCK_BYTES as u32) << 3 | RUN_LENGTH_BLOCK).to_le_bytes();
    for _ in 0..UNPACKED_BYTES / BLOCK_BYTES {
        bomb.extend_from_slice(&[header[0], header[1], header[2], 0]);
    }
    bomb
}

#[test]
fn the_bombs_are_valid_as_far_as_anyone_unpacks_them() {
    use std::io::Read as _;
    let (gzip, zstd) = (gzip_bomb(), zstd_bomb());
    let mut readers: [Box<dyn std::io::Read>; 2] = [
        Box::new(flate2::read::GzDecoder::new(&*gzip)),
        Box::new(zstd::stream::read::Decoder::new(&*zstd).expect("a zstd decoder")),
    ];
    for reader in &mut readers {
        let mut read = vec![1; 3 * MIB as usize];
        reader.read_exact(&mut read).expect("three megabytes come out");
        assert!(read.iter().all(|byte| *byte == 0));
    }
}
