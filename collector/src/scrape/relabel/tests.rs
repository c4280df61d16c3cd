//! Each action, with the defaults and the corner cases that Prometheus documents.

use super::*;

fn rules(yaml: &str) -> Result<Rules, String> {
    let configs: Vec<RelabelConfig> = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
    Rules::new(&configs)
}

/// Labels are written `a=1 b=2`; `None` is a dropped set.
fn check(yaml: &str, before: &str, expected: Option<&str>) {
    let mut labels: LabelSet = before.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect();
    let kept = rules(yaml).unwrap().apply(&mut labels);
    labels.sort();
    let after: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(kept.then(|| after.join(" ")).as_deref(), expected, "{yaml}");
}

fn check_refused(yaml: &str, part: &str) {
    let problem = rules(yaml).map(|_| ()).unwrap_err();
    assert!(problem.contains(part), "{problem}");
}

#[test]
fn replace_joins_matches_whole_and_expands() {
    check(
        "[{source_labels: [a], regex: f(.*), target_label: d, replacement: 'ch${1}-ch${1}'}]",
        "a=foo b=bar",
        Some("a=foo b=bar d=choo-choo"),
    );
    check("[{source_labels: [a, b], target_label: c}]", "a=1 b=2", Some("a=1 b=2 c=1;2"));
    check("[{source_labels: [a, b], separator: '-', target_label: c}]", "a=1 b=2", Some("a=1 b=2 c=1-2"));
    check("[{source_labels: [a], regex: oo, target_label: c}]", "a=foo", Some("a=foo"));
    check("[{target_label: c, replacement: fixed}]", "a=1", Some("a=1 c=fixed"));
}

#[test]
fn replace_with_nothing_takes_the_label_away() {
    check("[{source_labels: [none], target_label: a}]", "a=1 b=2", Some("b=2"));
    check("[{source_labels: [a], regex: (1)(x)?, target_label: a, replacement: $2}]", "a=1 b=2", Some("b=2"));
    check("[{target_label: a, replacement: ''}]", "a=1 b=2", Some("b=2"));
}

#[test]
fn references_are_numbers_or_names() {
    check(
        "[{source_labels: [a], regex: '(?P<x>.).*', target_label: b, replacement: '${x}$x'}]",
        "a=foo",
        Some("a=foo b=ff"),
    );
    check("[{source_labels: [a], regex: '(.*)', target_label: b, replacement: '$1x-${1}x'}]", "a=1", Some("a=1 b=-1x"));
    check("[{source_labels: [a], target_label: b, replacement: '$$1'}]", "a=1", Some("a=1 b=$1"));
    check("[{source_labels: [a], target_label: b, replacement: '$9'}]", "a=1", Some("a=1"));
}

#[test]
fn the_target_is_a_template_too() {
    check(
        "[{source_labels: [a], regex: '(.*)-(.*)', target_label: '${1}_x', replacement: $2}]",
        "a=foo-bar",
        Some("a=foo-bar foo_x=bar"),
    );
    check("[{source_labels: [a], target_label: '${9}', replacement: x}]", "a=1", Some("a=1"));
    check("[{source_labels: [a], target_label: 'ein.täst'}]", "a=1", Some("a=1 ein.täst=1"));
}

#[test]
fn rules_see_what_those_before_them_did() {
    check(
        "[{source_labels: [a], regex: f(.*), target_label: d, replacement: '$1'}, {source_labels: [d], target_label: e, regex: o(.*)}]",
        "a=foo",
        Some("a=foo d=oo e=o"),
    );
}

#[test]
fn keep_and_drop_match_the_whole_value() {
    check("[{source_labels: [a], regex: fo+, action: keep}]", "a=foo", Some("a=foo"));
    check("[{source_labels: [a], regex: fo, action: keep}]", "a=foo", None);
    check("[{source_labels: [a], regex: fo+, action: drop}]", "a=foo", None);
    check("[{source_labels: [none], regex: '', action: drop}]", "a=foo", None);
    check("[{source_labels: [a], regex: 'x|foo', action: Keep}]", "a=foo", Some("a=foo"));
}

#[test]
fn keepequal_and_dropequal_compare() {
    check("[{source_labels: [a], target_label: b, action: keepequal}]", "a=1 b=1", Some("a=1 b=1"));
    check("[{source_labels: [a], target_label: b, action: keepequal}]", "a=1 b=2", None);
    check("[{source_labels: [a], target_label: b, action: dropequal}]", "a=1 b=1", None);
    check("[{source_labels: [a], target_label: b, action: dropequal}]", "a=1 b=2", Some("a=1 b=2"));
}

/// The numbers are those of MD5 sums computed by another program.
#[test]
fn hashmod_is_the_low_half_of_md5() {
    check("[{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}]", "c=baz", Some("c=baz d=976"));
    check(
        "[{source_labels: [a, b], target_label: d, action: hashmod, modulus: 1000}]",
        "a=foo b=bar",
        Some("a=foo b=bar d=750"),
    );
}

#[test]
fn labelmap_copies_names_that_match() {
    check(
        "[{regex: meta_(ns|pn), action: labelmap}]",
        "meta_ns=n meta_pn=p meta_pn_x=q",
        Some("meta_ns=n meta_pn=p meta_pn_x=q ns=n pn=p"),
    );
    check("[{regex: meta_(.*), replacement: 'x_${1}', action: labelmap}]", "meta_a=1", Some("meta_a=1 x_a=1"));
}

#[test]
fn labeldrop_and_labelkeep_match_names() {
    check("[{regex: 'b.*', action: labeldrop}]", "a=1 b1=2 b2=3", Some("a=1"));
    check("[{regex: 'b.*', action: labelkeep}]", "a=1 b1=2 b2=3", Some("b1=2 b2=3"));
}

#[test]
fn case_changes() {
    check(
        "[{source_labels: [a], target_label: l, action: lowercase}, {source_labels: [a], target_label: u, action: uppercase}]",
        "a=bAr",
        Some("a=bAr l=bar u=BAR"),
    );
}

#[test]
fn a_dot_matches_line_ends() {
    let mut labels: LabelSet = [("a", "x\ny")].into_iter().collect();
    assert!(rules("[{source_labels: [a], regex: x.y, action: keep}]").unwrap().apply(&mut labels));
}

#[test]
fn a_value_cannot_grow_for_ever() {
    let double = "{source_labels: [a], target_label: a, replacement: '${1}${1}'}";
    let rules = rules(&format!("[{}]", vec![double; 64].join(","))).unwrap();
    let mut labels: LabelSet = [("a", "xx")].into_iter().collect();
    assert!(rules.apply(&mut labels));
    assert!(labels.get("a").len() <= 1 << 20);
}

#[test]
fn what_does_not_fit_names_rule_and_key() {
    check_refused("[{action: keep}, {source_labels: [a]}]", "[1].target_label is missing");
    check_refused("[{action: hashmod, target_label: a}]", "[0].modulus is missing");
    check_refused("[{regex: '(', action: keep}]", "[0].regex is \"(\"");
    check_refused("[{action: labeldrop, source_labels: [a], regex: b}]", "[0].source_labels is set");
    check_refused("[{action: keepequal, source_labels: [a], target_label: b, regex: c}]", "[0].regex is set");
    check_refused(
        "[{action: lowercase, source_labels: [a], target_label: b, replacement: c}]",
        "[0].replacement is set",
    );
    check_refused("[{action: nonsense}]", "nonsense");
    check_refused("[{actoin: keep}]", "actoin");
}
