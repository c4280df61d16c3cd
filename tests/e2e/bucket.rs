//! A lake in a bucket, of a real object store: as fast to acknowledge, as safe to kill, and nothing is lost or doubled when
//! the store is slow, fails, hangs, or forgets to say what it did.

use std::time::Duration;

use spanloom_bucket::{BUCKET, Bucket, CREDENTIALS, Mood};

use crate::harness::{Server, Site, eventually, text_of};
use crate::load::{self, Load, Sent};

const KILLS: usize = 4;
/// Flushes all the time, and segments that end.
const BUSY: &str = "hot: { age_max: 500ms }\nwal: { segment_bytes: 64KiB }";

/// Servers that keep their tables in a bucket.
fn site(bucket: &Bucket) -> Site {
    let lake = format!("url: s3://{BUCKET}/mesh/lake, s3: {{ endpoint: \"{}\", timeout: 2s }}", bucket.endpoint());
    Site::new(&format!("lake: {{ {lake} }}\n{BUSY}"))
}

async fn start(site: &Site) -> Server {
    site.try_start(&CREDENTIALS).await.unwrap_or_else(|ended| panic!("the server did not start: {ended}"))
}

/// Everything is found by this server, and again by one that has nothing but the bucket.
async fn check(server: Server, site: &Site, bucket: &Bucket, sent: &[Sent]) {
    load::check(&server, sent).await;
    server.stop().await;
    let verified = site.run_with(&["verify"], &CREDENTIALS);
    assert!(verified.status.success(), "{}", text_of(&verified));
    let elsewhere = self::site(bucket);
    let server = start(&elsewhere).await;
    load::check(&server, sent).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_in_a_bucket_survives_kills_and_the_loss_of_the_disk() {
    let bucket = Bucket::start().await;
    let site = site(&bucket);
    let load = Load::start();
    for _ in 0..KILLS {
        let server = start(&site).await;
        load.point_at(&server);
        load.more(100).await;
        server.kill();
    }
    let server = start(&site).await;
    load.point_at(&server);
    let flushed = async || server.metric("spanloom_flush_completed_total").await;
    eventually("something is flushed", async || (flushed().await >= 2.0).then_some(())).await;
    let sent = load.finish().await;
    assert!(bucket.dir().join("mesh/lake/default/spans/_delta_log").is_dir(), "the tables are in the bucket");
    assert!(!site.data().join("lake").exists(), "and nowhere else");
    check(server, &site, &bucket, &sent).await;
}

/// What a mood does to a server under load: everything is acknowledged meanwhile, flushes fail or take their time, and in
/// the end all is there.
async fn endure(mood: Mood, requests: u64, failures: bool) {
    let bucket = Bucket::start().await;
    let site = site(&bucket);
    let server = start(&site).await;
    let load = Load::start_at(&server);
    load.more(50).await;
    bucket.set_mood(mood);
    load.more(100).await;
    eventually("the store is asked", async || (bucket.met() >= requests).then_some(())).await;
    if failures {
        let failed = async || server.metric("spanloom_flush_failed_total").await;
        eventually("a flush fails", async || (failed().await >= 1.0).then_some(())).await;
    }
    load.more(50).await;
    bucket.set_mood(Mood::Well);
    load.more(50).await;
    let sent = load.finish().await;
    check(server, &site, &bucket, &sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_holds_up_nobody_who_sends() {
    endure(Mood::Slow(Duration::from_millis(200)), 20, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_costs_nothing_but_time() {
    endure(Mood::Failing, 5, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_hangs_costs_nothing_but_time() {
    endure(Mood::Hanging, 2, true).await;
}

/// A commit that the server has given up comes after all, while the next flush has more than it had.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_late_counts_once() {
    endure(Mood::Late(Duration::from_millis(3_500)), 3, true).await;
}

/// Sent again, a commit finds itself in its way: its files must not be taken for those of a commit that was refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_counts_once() {
    let bucket = Bucket::start().await;
    let site = site(&bucket);
    let server = start(&site).await;
    let load = Load::start_at(&server);
    load.more(10).await;
    bucket.set_mood(Mood::Forgetful);
    load.more(200).await;
    let sent = load.finish().await;
    eventually("answers are lost", async || (bucket.met() >= 10).then_some(())).await;
    bucket.set_mood(Mood::Well);
    check(server, &site, &bucket, &sent).await;
}

/// Each server is meant to have a prefix of its own; two that share one by mistake lose nothing.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_share_a_lake_lose_nothing() {
    let bucket = Bucket::start().await;
    let sites = [site(&bucket), site(&bucket)];
    let servers = [start(&sites[0]).await, start(&sites[1]).await];
    let load = Load::start_at(&servers[0]);
    for turn in 0..6 {
        load.more(40).await;
        load.point_at(&servers[(turn + 1) % 2]);
    }
    let sent = load.finish().await;
    for server in servers {
        server.stop().await;
    }
    let server = start(&sites[0]).await;
    check(server, &sites[0], &bucket, &sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_reached_is_named_at_the_start() {
    let bucket = Bucket::start().await;
    let site = site(&bucket);
    let [access_key, (secret_key, _)] = CREDENTIALS;
    let Err(ended) = site.try_start(&[access_key, (secret_key, "wrong")]).await else {
        panic!("a wrong key opens a bucket")
    };
    assert!(ended.log.contains("s3://observability/mesh/lake") && ended.log.contains("403"), "{ended}");
    std::fs::remove_dir(bucket.dir()).expect("remove the bucket");
    let Err(ended) = site.try_start(&CREDENTIALS).await else { panic!("a bucket that is not there is opened") };
    assert!(ended.log.contains("s3://observability/mesh/lake") && ended.log.contains("404"), "{ended}");
}

#[test]
fn a_url_that_names_no_bucket_is_a_mistake_in_a_line() {
    let site = Site::new("lake: { url: \"gs://observability/lake\" }");
    let checked = site.run(&["check-config"]);
    let text = text_of(&checked);
    assert!(!checked.status.success() && text.contains("line 3") && text.contains("s3://<bucket>/<prefix>"), "{text}");
}
