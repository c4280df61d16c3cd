//! The process dies while it scrapes. Nobody sends again what a scrape brought: what was not stored is a gap. But what was
//! seen once stays, each set of labels stays one series, a scrape is there whole or not at all, and counters go on where
//! they were.
//!
//! Each answer of a page says how many answers there were before, and everything else on it follows from that, so that every
//! sample can be checked against what was shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::super::api::{Answer, Api, Labels, Points, Range};
use super::super::now_ms;
use super::super::page_server::{PageServer, Shown};
use super::{SMALL, random};
use crate::harness::{Server, Site, eventually, text_of};

const TARGETS: usize = 3;
/// Counters of a page.
const PARTS: u64 = 20;
/// Written as they are stored.
const BOUNDS: [&str; 3] = ["1.0", "10.0", "+Inf"];
/// A page's counters begin anew after so many answers.
const LIFE_ANSWERS: u64 = 5;
/// How each life ends: where it is told to, or while a page is being scraped.
const ENDS: [&str; 8] =
    ["", "flush.after_commit=abort@2", "", "wal.after_sync=abort@4", "", "flush.before_commit=abort@2", "", ""];
/// Pages that are asked for in a life that nothing else ends, at least, and how many more there may be.
const ANSWERS_MIN: u64 = 4;
const ANSWERS_MORE: u64 = 7;
const ALL: &str = r#"{job="pages"}"#;

/// How often each page was asked for.
#[derive(Default)]
struct Asked {
    answers: Mutex<BTreeMap<String, u64>>,
}

impl Asked {
    fn count(&self) -> u64 {
        self.answers.lock().values().sum()
    }

    fn show(&self, path: &str) -> Option<Shown> {
        let mut answers = self.answers.lock();
        let answer = answers.entry(path.to_owned()).or_default();
        *answer += 1;
        Some(Shown { media: "text/plain; version=0.0.4", text: page(*answer) })
    }
}

/// A series of a page and its value: name, one label more, value.
type Sample = (&'static str, Option<(&'static str, String)>, f64);

/// Everything on a page.
fn series(answer: u64) -> Vec<Sample> {
    let worked = (answer % LIFE_ANSWERS) as f64;
    let parts = (0..PARTS).map(|part| ("work_total", Some(("part", part.to_string())), worked * (part + 1) as f64));
    let buckets = BOUNDS.iter().zip(1..);
    let buckets = buckets.map(|(le, rank)| ("size_bucket", Some(("le", (*le).to_owned())), (answer * rank) as f64));
    let count = (answer * BOUNDS.len() as u64) as f64;
    let single = [
        ("answers_total", None, answer as f64),
        ("size_sum", None, count * 2.5),
        ("size_count", None, count),
        ("level", None, 100.0 - worked),
    ];
    parts.chain(buckets).chain(single).collect()
}

fn page(answer: u64) -> String {
    let mut page = String::new();
    for (family, kind) in
        [("work_total", "counter"), ("size", "histogram"), ("answers_total", "counter"), ("level", "gauge")]
    {
        let _ = writeln!(page, "# TYPE {family} {kind}");
        for (name, label, value) in series(answer).into_iter().filter(|(name, ..)| name.starts_with(family)) {
            let label = label.map_or(String::new(), |(name, value)| format!("{{{name}=\"{value}\"}}"));
            let _ = writeln!(page, "{name}{label} {value}");
        }
    }
    page
}

/// All samples of a scrape, by labels without those of its target.
type Scrape = BTreeMap<Labels, f64>;

/// What a scrape of an answer comes to.
fn expected(answer: u64) -> Scrape {
    let labels = |name: &str, label: Option<(&str, String)>| -> Labels {
        let name = ("__name__".to_owned(), name.to_owned());
        [name].into_iter().chain(label.map(|(name, value)| (name.to_owned(), value))).collect()
    };
    series(answer).into_iter().map(|(name, label, value)| (labels(name, label), value)).collect()
}

fn config(address: &str) -> String {
    let target =
        |at| json!({ "targets": [address], "labels": { "instance": at, "__metrics_path__": format!("/{at}") } });
    let targets: Vec<_> = (0..TARGETS).map(|at| target(at.to_string())).collect();
    let job =
        json!({ "job_name": "pages", "scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": targets });
    format!("{SMALL}\nscrape: {}", json!({ "scrape_configs": [job] }))
}

/// Every sample of the job that there is.
async fn samples(server: &Server) -> Answer {
    let found = Api::of(server).ask(&format!("{ALL}[1h]"), Range::Instant(now_ms() + 1_000)).await;
    found.unwrap_or_else(|why| panic!("{why}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_scraped_stays_and_goes_on_when_the_process_is_killed_again_and_again() {
    let asked = Arc::new(Asked::default());
    let shown = Arc::clone(&asked);
    let pages = PageServer::start(move |path| shown.show(path)).await;
    let site = Site::new(&config(pages.address()));
    let mut seen = Answer::new();
    for end in ENDS {
        let environment = [("SPANLOOM_FAULT", end)];
        let environment = if end.is_empty() { &environment[..0] } else { &environment[..] };
        // It may die before it is ready, as it replays.
        let Ok(server) = site.try_start(environment).await else { continue };
        if end.is_empty() {
            kill(server, &asked, &mut seen).await
        } else {
            assert!(server.end().await.is_abort(), "{end}")
        }
    }
    let server = site.start().await;
    check_goes_on(&server, now_ms()).await;
    check(&server, &seen, &asked).await;
    seen = samples(&server).await;
    server.stop().await;

    let verified = site.run(&["verify"]);
    assert!(verified.status.success(), "{}", text_of(&verified));
    drop(pages);
    let server = site.start().await;
    check(&server, &seen, &asked).await;
    check_ids(&server).await;
    server.stop().await;
}

/// Notes what there is to be seen and kills the server while it scrapes.
async fn kill(server: Server, asked: &Asked, seen: &mut Answer) {
    let goal = asked.count() + ANSWERS_MIN;
    eventually("pages are asked for", async || (asked.count() >= goal).then_some(())).await;
    let found = samples(&server).await;
    let goal = asked.count() + 1 + random() % ANSWERS_MORE;
    eventually("more pages are asked for", async || (asked.count() >= goal).then_some(())).await;
    server.kill();
    check_kept(seen, &found);
    *seen = found;
}

/// What was seen before is there.
fn check_kept(before: &Answer, now: &Answer) {
    for (labels, points) in before {
        let kept = now.get(labels).unwrap_or_else(|| panic!("{labels:?} is gone"));
        let gone: Points =
            points.iter().map(|(time, value)| (*time, *value)).filter(|(t, v)| kept.get(t) != Some(v)).collect();
        assert!(gone.is_empty(), "{labels:?}: seen and gone, or another: {gone:?}");
    }
}

/// After a start every target is scraped again.
async fn check_goes_on(server: &Server, since_ms: i64) {
    eventually("all targets are scraped again", async || {
        let up = Api::of(server).ask(&format!("up{ALL}[1h]"), Range::Instant(now_ms() + 1_000)).await;
        let up = up.unwrap_or_else(|why| panic!("{why}"));
        let is_on = |points: &Points| points.range(since_ms..).filter(|(_, up)| **up == 1.0).count() >= 2;
        (up.len() == TARGETS && up.values().all(is_on)).then_some(())
    })
    .await;
}

/// Everything that was seen is there, and nothing but whole scrapes of pages that were shown, each once and in order, and
/// `up` at the times of these.
async fn check(server: &Server, seen: &Answer, asked: &Asked) {
    let found = samples(server).await;
    check_kept(seen, &found);
    for (instance, scrapes) in scrapes(&found) {
        let shown = asked.answers.lock()[&format!("/{instance}")];
        assert!(scrapes.keys().eq(times_up(&found, &instance).iter()), "{instance}: {found:?}");
        let mut before = 0;
        for (time_ms, scrape) in scrapes {
            let answer = scrape.iter().find(|(labels, _)| labels["__name__"] == "answers_total");
            let answer = *answer.unwrap_or_else(|| panic!("{instance} at {time_ms}: {scrape:?}")).1 as u64;
            assert_eq!(scrape, expected(answer), "{instance} at {time_ms}");
            assert!(before < answer && answer <= shown, "{instance} at {time_ms}: {answer} of {shown} after {before}");
            before = answer;
        }
    }
}

/// The samples of pages by target and time.
fn scrapes(found: &Answer) -> BTreeMap<String, BTreeMap<i64, Scrape>> {
    let mut scrapes: BTreeMap<String, BTreeMap<i64, Scrape>> = BTreeMap::new();
    for (labels, points) in found.iter().filter(|(labels, _)| !is_of_scraping(labels)) {
        let mut labels = labels.clone();
        let instance = labels.remove("instance").expect("a target has an instance");
        assert_eq!(labels.remove("job").as_deref(), Some("pages"));
        let scrapes = scrapes.entry(instance).or_default();
        points
            .iter()
            .for_each(|(time_ms, value)| _ = scrapes.entry(*time_ms).or_default().insert(labels.clone(), *value));
    }
    assert_eq!(scrapes.len(), TARGETS);
    scrapes
}

/// When a target was up.
fn times_up(found: &Answer, instance: &str) -> BTreeSet<i64> {
    let (_, points) = found
        .iter()
        .find(|(labels, _)| labels["__name__"] == "up" && labels["instance"] == instance)
        .expect("a target is up or not");
    points.iter().filter(|(_, up)| **up == 1.0).map(|(time_ms, _)| *time_ms).collect()
}

fn is_of_scraping(labels: &Labels) -> bool {
    labels["__name__"] == "up" || labels["__name__"].starts_with("scrape_")
}

/// Each set of labels has one id, in both tables.
async fn check_ids(server: &Server) {
    let names: BTreeSet<String> =
        samples(server).await.into_keys().map(|mut labels| labels.remove("__name__").expect("a name")).collect();
    let sets = samples(server).await.len() as u64;
    let names: Vec<String> = names.into_iter().map(|name| format!("'{name}'")).collect();
    let of_job = format!("name in ({})", names.join(", "));
    let ids = "select count(*) from (select distinct metric_id, labels_id";
    assert_eq!(server.count(&format!("{ids} from series where {of_job})")).await, sets, "series");
    assert_eq!(server.count(&format!("{ids} from samples)")).await, sets, "samples");
}
