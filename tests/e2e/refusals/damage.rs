//! A second process, a full disk, a torn or damaged log, a damaged lake file.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{check_unharmed, serving, store};
use crate::harness::{Server, Site, eventually, http_client, text_of};
use crate::otlp::{self, Encoding, Outcome, Protocol};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_kept_out() {
    let (site, server) = serving("").await;
    let endpoints = std::fs::read(site.data().join("endpoints.json")).expect("read the endpoints");
    let Err(ended) = site.try_start(&[]).await else { panic!("two processes serve one directory") };
    assert!(!ended.status.success() && !ended.is_abort(), "{ended}");
    assert!(ended.log.contains("in use by another process"), "{ended}");
    assert!(ended.log.contains(&server.pid().to_string()), "the owner is not named: {ended}");
    for command in ["verify", "repair"] {
        let output = site.run(&[command]);
        assert!(!output.status.success() && text_of(&output).contains("in use"), "{command}: {}", text_of(&output));
    }
    assert_eq!(endpoints, std::fs::read(site.data().join("endpoints.json")).expect("read the endpoints"));
    check_unharmed(&server).await;
}

/// A file system of a few megabytes; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: &Path, bytes: &str) -> Result<Self, String> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(path);
        let output = mount.output().map_err(|error| format!("mount cannot be run: {error}"))?;
        if output.status.success() { Ok(Self(path.to_owned())) } else { Err(text_of(&output).trim().to_owned()) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_backpressure_and_passes() {
    let dir = tempfile::tempdir().expect("make a temporary directory");
    let disk = match Disk::mount(dir.path(), "16m") {
        Ok(disk) => disk,
        Err(why) => return eprintln!("disk full skipped: a small file system cannot be mounted here: {why}"),
    };
    let ballast = dir.path().join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).expect("write the ballast");
    let small = "wal: { segment_bytes: 1MiB }\nhot: { bytes_max: 2MiB, age_max: 1s }\nretention: { disk_budget: 100% }";
    let site = Site::at(dir.path(), small);
    let server = site.start().await;
    let taken = fill(&server).await;
    assert!(taken > 0, "the disk was full at once");
    check_count(&server, taken).await;
    assert_eq!(server.get("/-/healthy").await.status(), 200);

    std::fs::remove_file(&ballast).expect("make room");
    let more = bulky(taken);
    eventually("there is room again", async || {
        let outcome = otlp::send(&server.http, &server.endpoints, Protocol::Grpc, Encoding::Plain, &more).await;
        (outcome == Outcome::Acknowledged).then_some(())
    })
    .await;
    check_count(&server, taken + 1).await;
    server.kill();
    let server = site.start().await;
    check_count(&server, taken + 1).await;
    drop(server);
    drop(disk);
}

/// Sends until the server has put off the same request many times; returns how many it took.
async fn fill(server: &Server) -> u64 {
    let (mut taken, mut put_off) = (0, 0);
    while put_off < 200 {
        match otlp::send(&server.http, &server.endpoints, Protocol::HttpProtobuf, Encoding::Plain, &bulky(taken)).await
        {
            Outcome::Acknowledged => (taken, put_off) = (taken + 1, 0),
            Outcome::Later => put_off += 1,
            outcome => panic!("after {taken} requests: {outcome:?}"),
        }
    }
    taken
}

/// A trace that no compression makes small.
fn bulky(id: u64) -> opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest {
    let mut request = otlp::request("bulky", "GET /", id, 4);
    let mut state = id + 1;
    for span in &mut request.resource_spans[0].scope_spans[0].spans {
        let text = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{state:016x}")
        });
        span.attributes.push(otlp::attribute("bulk", &text.take(1024).collect::<String>()));
    }
    request
}

async fn check_count(server: &Server, requests: u64) {
    assert_eq!(server.count("select count(distinct trace_lo) from spans").await, requests);
}

/// Stores some traces, each in a frame of its own, and kills the server before anything is flushed.
async fn killed_with_a_log(requests: u64) -> (Site, PathBuf) {
    let site = Site::new("");
    let server = site.start().await;
    for id in 1..=requests {
        store(&server, id).await;
    }
    server.kill();
    let segment = files(&site.data().join("wal"), "wal").pop().expect("there is a segment");
    (site, segment)
}

/// The files under a directory with an extension, in the order of their names.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("read a directory").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|e| e == extension) {
            found.push(entry);
        }
    }
    found.sort();
    found
}

const FRAME_MAGIC: &[u8] = b"SPLF";

fn frames(segment: &[u8]) -> Vec<usize> {
    let starts = (0..segment.len() - FRAME_MAGIC.len()).step_by(8);
    starts.filter(|at| segment[*at..].starts_with(FRAME_MAGIC)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_tail_is_cut_and_reported() {
    let (site, segment) = killed_with_a_log(2).await;
    let mut bytes = std::fs::read(&segment).expect("read the segment");
    let starts = frames(&bytes);
    let end = starts[1] + (starts[1] - starts[0]);
    let torn = bytes[starts[0]..starts[0] + 100].to_vec(); // a frame begins, and its end was never written
    let end = end.next_multiple_of(8);
    bytes[end..end + torn.len()].copy_from_slice(&torn);
    std::fs::write(&segment, bytes).expect("write the segment");
    let server = site.start().await;
    assert!(server.log().contains("torn"), "nothing was reported: {}", server.log());
    check_unharmed(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_frame_in_the_middle_stops_the_start_until_repair() {
    const REQUESTS: u64 = 6;
    let (site, segment) = killed_with_a_log(REQUESTS).await;
    let mut bytes = std::fs::read(&segment).expect("read the segment");
    let second = frames(&bytes)[1];
    bytes[second + 60] ^= 1;
    std::fs::write(&segment, bytes).expect("write the segment");

    let Err(ended) = site.try_start(&[]).await else { panic!("a damaged log was opened") };
    assert!(!ended.status.success() && !ended.is_abort(), "{ended}");
    assert!(ended.log.contains("spanloom repair") && ended.log.contains("damaged"), "{ended}");
    assert!(ended.log.contains(&*segment.file_name().expect("a name").to_string_lossy()), "{ended}");
    let verified = site.run(&["verify"]);
    assert!(!verified.status.success() && text_of(&verified).contains("damaged"), "{}", text_of(&verified));

    let repaired = site.run(&["repair"]);
    assert!(repaired.status.success(), "{}", text_of(&repaired));
    assert!(text_of(&repaired).contains('2'), "the lost frame is not named: {}", text_of(&repaired));
    let server = site.start().await;
    for id in 1..=REQUESTS {
        let found = server.trace(&otlp::hex_id(id)).await.is_some();
        assert_eq!(found, id != 2, "trace {id}");
    }
    store(&server, 2).await;
    assert!(server.trace(&otlp::hex_id(2)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_the_lake_is_found_and_named() {
    let site = Site::new("tenants: { allowed: [default, other] }");
    let server = site.start().await;
    store(&server, 1).await;
    store_for_other(&server).await;
    server.stop().await;
    assert!(site.run(&["verify"]).status.success());

    let file = files(&site.data().join("lake/default/spans"), "parquet").pop().expect("there is a file");
    let mut bytes = std::fs::read(&file).expect("read the file");
    bytes[5] ^= 0xff; // in the head of the first page
    std::fs::write(&file, bytes).expect("write the file");
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();

    let verified = site.run(&["verify"]);
    assert!(!verified.status.success() && text_of(&verified).contains(&name), "{}", text_of(&verified));
    let server = site.start().await;
    let (status, body) = server.ask_sql("select * from spans").await;
    assert!(status == 500 && body.to_string().contains(&name), "{status}: {body}");
    let request = http_client().get(server.url(&format!("/api/v1/traces/{}", otlp::hex_id(7))));
    let answer = request.header("x-scope-orgid", "other").send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "the other tenant's trace");
    store(&server, 2).await;
    server.stop().await;

    let repaired = site.run(&["repair"]);
    assert!(repaired.status.success() && text_of(&repaired).contains(&name), "{}", text_of(&repaired));
    let server = site.start().await;
    assert_eq!(server.count("select count(*) from (select * from spans)").await, 3);
    assert!(server.trace(&otlp::hex_id(2)).await.is_some());
}

async fn store_for_other(server: &Server) {
    let body = prost::Message::encode_to_vec(&otlp::request("other", "GET /", 7, 2));
    let request = server.http.post(format!("http://{}/v1/traces", server.endpoints.otlp_http));
    let request = request.header("x-scope-orgid", "other").header("content-type", super::PROTOBUF).body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}
