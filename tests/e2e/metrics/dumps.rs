//! The dashboards of Istio and Linkerd have data when the pages that were recorded from their proxies are scraped twice, and
//! what they ask is answered as a real Prometheus answers that scraped the same pages.
//!
//! All samples of the pages have times, so that both have the same points. Distributions carry Prometheus 2, whose windows
//! are closed on both sides: no sample lies on the edge of one.

use std::collections::{BTreeMap, BTreeSet};

use super::api::{Answer, Api, Labels, Points, Range, difference};
use super::now_ms;
use super::prometheus::server::Prometheus;
use crate::harness::{Site, eventually};
use crate::{clients, corpora};
use dashboards::{Question, What, by_dashboard};
use targets::{Pages, Recorded};
use unanswered::UNANSWERED;

/// What dashboards ask.
mod dashboards;
/// How a page grows.
mod growth;
/// What is scraped.
mod targets;
/// What cannot have data, and why.
mod unanswered;
/// What stands for variables.
mod values;

/// The questions that there are at least: no dashboard was overlooked.
const QUESTIONS_MIN: usize = 450;
/// Both compute in floats, in orders of their own.
const RELATIVE_MAX: f64 = 1e-9;
/// Of these, those with data.
const FULL_MIN: usize = 360;
/// A server has started no longer ago than this when it is asked first.
const START_MS_MAX: i64 = 300_000;

/// What questions came to at a time and over a range.
type Answers<'a> = BTreeMap<&'a Question, [Answer; 2]>;

/// When the pages are from, and when is asked. Everything is over, so that nothing is refused for its time.
struct Times {
    scraped_ms: [i64; 2],
    asked_ms: i64,
}

impl Times {
    /// A minute before the time of a question holds both scrapes, and none is at its edge. They are so far apart that a rate
    /// is taken to reach to the start of the minute: where it is not, Prometheus 2 and 3 have other rules for counters near
    /// 0.
    fn before(now_ms: i64) -> Self {
        let asked_ms = now_ms / 1_000 * 1_000 - 20_003;
        Self { scraped_ms: [asked_ms - 42_997, asked_ms - 12_997], asked_ms }
    }

    fn range(&self) -> Range {
        Range::Steps { start_ms: self.asked_ms - 20_000, end_ms: self.asked_ms + 10_000, step_ms: 5_000 }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_have_data_from_recorded_pages_and_prometheus_says_the_same() {
    let Some(exposition) = corpora::directory("dashboards over recorded pages", "exposition") else { return };
    let Some(questions) = questions() else { return };
    let recorded = Recorded::read(&exposition);
    let times = Times::before(now_ms());
    let pages = recorded.show(times.scraped_ms).await;
    let site = Site::new(&format!("scrape: {}", pages.scrape_configs()));
    let server = site.start().await;
    let ours = Api::of(&server);
    scrape_twice(&ours, pages).await;
    let answers = answers(&ours, &questions, &times).await;
    check_data(&answers, &recorded.names());
    check_choices(&answers);
    check_ranges(&answers);
    if let Some((_prometheus, reference)) = start_prometheus(&site, &recorded, &times).await {
        check_samples(&reference, &ours, &times).await;
        check_alike(&self::answers(&reference, &questions, &times).await, &answers);
    }
    server.stop().await;
}

/// A Prometheus that has scraped the same pages at the same times, and its API; `None` where there is no program.
async fn start_prometheus(site: &Site, recorded: &Recorded, times: &Times) -> Option<(Prometheus, Api)> {
    let clients = clients::installed("a Prometheus that scrapes recorded pages")?;
    let pages = recorded.show(times.scraped_ms).await;
    let prometheus = Prometheus::start(&clients, site.path(), &pages.scrape_configs()).await?;
    let api = prometheus.api();
    scrape_twice(&api, pages).await;
    Some((prometheus, api))
}

/// The questions of both meshes; `None` where there are none: that was said.
fn questions() -> Option<BTreeSet<Question>> {
    let mut all = BTreeSet::new();
    for directory in ["istio-dashboards", "linkerd-dashboards"] {
        let directory = corpora::directory("dashboards over recorded pages", directory)?;
        all.append(&mut dashboards::questions(&directory, values::value));
    }
    assert!(all.len() >= QUESTIONS_MIN, "only {} questions: {:?}", all.len(), by_dashboard(&all));
    Some(all)
}

/// Waits until every page was scraped as it was recorded, and then as it has grown.
async fn scrape_twice(api: &Api, pages: Pages) {
    await_scrapes(api, now_ms() - START_MS_MAX).await;
    pages.grow();
    await_scrapes(api, now_ms() + 1).await;
}

/// Waits until each target has a scrape that began at this time or later, and succeeded.
async fn await_scrapes(api: &Api, since_ms: i64) {
    eventually("all pages were scraped", async || {
        let now_ms = now_ms().max(since_ms + 1);
        let scraped = api.at_ms(&format!("sum_over_time(up[{}ms])", now_ms - since_ms), now_ms).await;
        let is_all = scraped.len() == targets::TARGETS.len() && scraped.values().all(|succeeded| *succeeded > 0.0);
        is_all.then_some(())
    })
    .await;
}

/// What is answered, in a form in which two answers can be compared.
async fn asked(api: &Api, question: &Question, range: Range) -> Result<Answer, String> {
    match &question.what {
        What::Panel { query } | What::Results { query, .. } => api.ask(query, range).await.map(with_plain_bounds),
        What::Values { label, selector, .. } => {
            let selected: Vec<_> = selector.as_deref().map(|selector| ("match[]", selector)).into_iter().collect();
            let values = api.data(&format!("label/{label}/values"), &selected).await?;
            let values: Vec<String> = serde_json::from_value(values).expect("values are a list of texts");
            Ok(values.into_iter().map(|value| ([("value".to_owned(), value)].into(), [(0, 1.0)].into())).collect())
        }
    }
}

/// Prometheus 3, and we, write bounds and quantiles as floats, `1.0`; Prometheus 2 as they stand on the page.
fn with_plain_bounds(answer: Answer) -> Answer {
    let plain = |(mut labels, points): (Labels, Points)| {
        for name in ["le", "quantile"] {
            if let Some(number) = labels.get(name).and_then(|value| value.parse::<f64>().ok()) {
                labels.insert(name.to_owned(), number.to_string());
            }
        }
        (labels, points)
    };
    answer.into_iter().map(plain).collect()
}

/// The answers to all questions, at a time and over a range.
///
/// # Panics
/// When one is refused.
async fn answers<'a>(api: &Api, questions: &'a BTreeSet<Question>, times: &Times) -> Answers<'a> {
    let (mut answers, mut refused) = (Answers::new(), Vec::new());
    for question in questions {
        let instant = asked(api, question, Range::Instant(times.asked_ms)).await;
        let range = asked(api, question, times.range()).await;
        match (instant, range) {
            (Ok(instant), Ok(range)) => _ = answers.insert(question, [instant, range]),
            failed => refused.push(format!("{question}: {failed:?}")),
        }
    }
    assert!(refused.is_empty(), "{} are refused:\n{}", refused.len(), refused.join("\n"));
    answers
}

/// Whether an answer says something: a number, or a value of a label.
fn is_full(answer: &Answer) -> bool {
    answer.values().any(|points| points.values().any(|value| !value.is_nan()))
}

/// Those questions whose metrics were scraped have data, but for those on the list, and these have none.
fn check_data(answers: &Answers<'_>, names: &BTreeSet<String>) {
    let (full, empty): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, [instant, _])| is_full(instant));
    let full: Vec<&Question> = full.into_iter().map(|(question, _)| *question).collect();
    let empty: Vec<&Question> = empty.into_iter().map(|(question, _)| *question).collect();
    let listed = |question: &&&Question| UNANSWERED.iter().any(|listed| listed.is(question));
    let strange = empty.iter().filter(|question| question.has_metrics(names) && !listed(question));
    let strange: Vec<String> = strange.map(|question| question.to_string()).collect();
    assert!(strange.is_empty(), "{} have no data and no reason:\n{}", strange.len(), strange.join("\n"));
    for listed in UNANSWERED {
        let answered: Vec<String> = full.iter().filter(|it| listed.is(it)).map(|it| it.to_string()).collect();
        assert!(answered.is_empty(), "{}, and there is data after all:\n{}", listed.reason, answered.join("\n"));
        let is_needed = empty.iter().any(|question| listed.is(question) && question.has_metrics(names));
        assert!(is_needed, "nothing is without data because {}", listed.reason);
    }
    assert!(full.len() >= FULL_MIN, "only {} have data: {:?}", full.len(), by_dashboard(full));
}

/// What was chosen for a variable is among what its question came to, where that has data.
fn check_choices(answers: &Answers<'_>) {
    for (question, [instant, _]) in answers.iter().filter(|(_, [instant, _])| is_full(instant)) {
        let (What::Results { variable, .. } | What::Values { variable, .. }) = &question.what else { continue };
        let Some(chosen) = values::chosen(&question.dashboard, variable) else { continue };
        let mut offered = instant.keys().flat_map(|labels| labels.values());
        assert!(
            chosen == values::ALL || offered.any(|offered| offered == chosen),
            "{question} does not offer {chosen}"
        );
    }
}

/// Panels ask over ranges: whatever has data at a time has it in a range around that.
fn check_ranges(answers: &Answers<'_>) {
    for (question, [instant, range]) in answers {
        assert!(is_full(range) || !is_full(instant), "{question} has no data over a range");
    }
}

/// Both say the same.
fn check_alike(expected: &Answers<'_>, found: &Answers<'_>) {
    let mut failed = Vec::new();
    for (question, answers) in expected {
        let pairs = answers.iter().zip(&found[question]);
        let differences = pairs.filter_map(|(expected, found)| difference(expected, found, RELATIVE_MAX));
        failed.extend(differences.map(|what| format!("{question}\n    {what}")));
    }
    assert!(failed.is_empty(), "{} answers differ:\n{}", failed.len(), failed.join("\n"));
}

/// Every sample of a page, to the last bit. What OpenMetrics says of when a series began is a series of its own in Prometheus
/// 2; with us it belongs to the samples.
async fn check_samples(reference: &Api, ours: &Api, times: &Times) {
    let jobs: BTreeSet<&str> = targets::TARGETS.iter().map(|target| target.job).collect();
    for job in jobs {
        let all = format!(r#"{{job="{job}", __name__!~"up|scrape_.*|.*_created"}}[2m]"#);
        let expected =
            with_plain_bounds(reference.ask(&all, Range::Instant(times.asked_ms)).await.expect("a selector"));
        let found = ours.ask(&all, Range::Instant(times.asked_ms)).await.unwrap_or_else(|why| panic!("{all}: {why}"));
        let found = with_plain_bounds(found);
        assert!(!expected.is_empty() && expected.values().all(|points| points.len() == 2), "{job}: {expected:?}");
        if let Some(what) = difference(&expected, &found, 0.0) {
            panic!("{all}: {what}");
        }
    }
}
