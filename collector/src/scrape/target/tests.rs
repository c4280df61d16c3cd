//! From labels to targets.

use super::*;
use crate::scrape::config::{GlobalConfig, JobConfig};
use crate::scrape::discovery::Group;

fn resolve(job: &str, target: &[(&str, &str)], group: &[(&str, &str)]) -> Result<Resolved, String> {
    let job: JobConfig = serde_saphyr::from_str(job).unwrap();
    let template = Template::new(&job, &GlobalConfig::default()).unwrap();
    let target: LabelSet = target.iter().copied().collect();
    let group = Group { source: String::new(), targets: vec![target.clone()], labels: group.iter().copied().collect() };
    template.resolve(&group, &target)
}

fn active(job: &str, target: &[(&str, &str)], group: &[(&str, &str)]) -> Arc<Target> {
    match resolve(job, target, group).unwrap() {
        Resolved::Active(target) => target,
        Resolved::Dropped(labels) => panic!("dropped: {labels:?}"),
    }
}

fn check(job: &str, target: &[(&str, &str)], url: &str, labels: &[(&str, &str)]) {
    let target = active(job, target, &[]);
    assert_eq!(target.id.url.as_str(), url);
    assert_eq!(target.id.labels.iter().collect::<Vec<_>>(), labels);
}

fn check_refused(job: &str, target: &[(&str, &str)], part: &str) {
    let problem = resolve(job, target, &[]).map(|_| ()).unwrap_err();
    assert!(problem.contains(part), "{problem}");
}

const ADDRESS: (&str, &str) = ("__address__", "a:80");

#[test]
fn defaults_of_a_target() {
    check(
        "job_name: j",
        &[("__address__", "a:9090")],
        "http://a:9090/metrics",
        &[("instance", "a:9090"), ("job", "j")],
    );
    check(
        "{job_name: j, scheme: https}",
        &[("__address__", "a")],
        "https://a/metrics",
        &[("instance", "a"), ("job", "j")],
    );
    check(
        "{job_name: j, metrics_path: /stats/prometheus}",
        &[("__address__", "[::1]:1")],
        "http://[::1]:1/stats/prometheus",
        &[("instance", "[::1]:1"), ("job", "j")],
    );
}

#[test]
fn labels_win_over_defaults_and_reserved_ones_go() {
    let labels = [
        ("__address__", "a:1"),
        ("__scheme__", "https"),
        ("__metrics_path__", "/x"),
        ("job", "k"),
        ("instance", "i"),
        ("__meta_x", "y"),
    ];
    check("job_name: j", &labels, "https://a:1/x", &[("instance", "i"), ("job", "k")]);
}

#[test]
fn labels_of_a_target_win_over_those_of_its_group() {
    let target = active("job_name: j", &[ADDRESS, ("a", "1")], &[("a", "2"), ("b", "3")]);
    assert_eq!((target.id.labels.get("a"), target.id.labels.get("b")), ("1", "3"));
}

#[test]
fn parameters_come_from_job_and_labels() {
    let job = "{job_name: j, params: {m: [x, y], n: [z]}}";
    check(job, &[("__address__", "a:1")], "http://a:1/metrics?m=x&m=y&n=z", &[("instance", "a:1"), ("job", "j")]);
    let labels = [("__address__", "a:1"), ("__param_m", "1&2"), ("__param_o", "3")];
    check(job, &labels, "http://a:1/metrics?m=1%262&m=y&n=z&o=3", &[("instance", "a:1"), ("job", "j")]);
}

#[test]
fn rules_may_change_address_and_times() {
    let job = "{job_name: j, relabel_configs: [
        {source_labels: [__address__], target_label: __param_target},
        {target_label: __address__, replacement: 'prober:9115'},
        {target_label: __scrape_interval__, replacement: 30s}, {target_label: __scrape_timeout__, replacement: 5s}]}";
    let target = active(job, &[("__address__", "a:1")], &[]);
    assert_eq!(target.id.url.as_str(), "http://prober:9115/metrics?target=a%3A1");
    assert_eq!((target.id.interval, target.id.timeout), (Duration::from_secs(30), Duration::from_secs(5)));
    assert_eq!(target.id.labels.get("instance"), "prober:9115");
}

#[test]
fn what_a_rule_drops_shows_what_was_discovered() {
    let job = "{job_name: j, relabel_configs: [{source_labels: [__meta_x], regex: y, action: drop}]}";
    let dropped = resolve(job, &[("__address__", "a"), ("__meta_x", "y")], &[]).unwrap();
    let Resolved::Dropped(labels) = dropped else { panic!("not dropped") };
    assert_eq!((labels.get("__meta_x"), labels.get("job"), labels.get("__scrape_interval__")), ("y", "j", "1m"));
}

#[test]
fn what_cannot_be_scraped_says_why() {
    check_refused("job_name: j", &[("a", "b")], "no address");
    check_refused("job_name: j", &[("__address__", "http://a")], "no address of a target");
    check_refused("job_name: j", &[("__address__", "a:99999")], "no address of a target");
    check_refused("job_name: j", &[("__address__", "a"), ("__scheme__", "ftp")], "no scheme");
    check_refused("job_name: j", &[("__address__", "a"), ("__scrape_interval__", "x")], "__scrape_interval__");
    check_refused("job_name: j", &[("__address__", "a"), ("__scrape_interval__", "1s")], "more than its interval");
    check_refused("job_name: j", &[("__address__", "a"), ("__scrape_timeout__", "0s")], "__scrape_timeout__ is 0s");
}

#[test]
fn the_view_names_the_host_that_others_see() {
    let view = active("job_name: j", &[("__address__", "localhost:80")], &[]).view("box");
    assert_eq!(
        (view.scrape_url.as_str(), view.global_url.as_str()),
        ("http://localhost/metrics", "http://box/metrics")
    );
    assert_eq!(
        (view.health, view.scrape_interval.as_str(), view.scrape_timeout.as_str()),
        (Health::Unknown, "1m", "10s")
    );
}

#[test]
fn offsets_spread_over_the_interval() {
    let offsets = (0..100).map(|at| active("job_name: j", &[("__address__", &format!("a{at}:1"))], &[]).id.offset());
    let (early, late): (Vec<_>, Vec<_>) = offsets.partition(|offset| *offset < Duration::from_secs(30));
    assert!(early.len() > 25 && late.len() > 25 && late.iter().all(|offset| *offset < Duration::from_secs(60)));
}
