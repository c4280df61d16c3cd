//! Rules of OpenMetrics text.

use super::super::open_metrics::HELD_MAX;
use super::*;

fn check(page: &str, expected: &[&str]) {
    super::check(Format::OpenMetrics, page, expected);
}

fn check_refused(page: &str, expected: &[&str], error: &str) {
    super::check_refused(Format::OpenMetrics, page.as_bytes(), expected, error);
}

#[test]
fn a_page_ends_with_its_end() {
    check("# EOF\n", &[]);
    check("up 1\n# EOF", &["{up} 1"]);
    check_refused("", &[], "the page does not end with # EOF, line 0, column 1");
    check_refused("up 1\n", &["{up} 1"], "the page does not end with # EOF, line 1, column 1");
    check_refused("up 1", &[], "the page does not end with # EOF, line 1, column 1");
    check_refused("# EOF\n\n", &[], "there is text behind # EOF, line 2, column 1");
    check_refused("# EOF\nup 1\n", &[], "there is text behind # EOF, line 2, column 1");
}

#[test]
fn times_are_seconds() {
    check("up 1 1520879607.789\n# EOF\n", &["{up} 1 @1520879607789"]);
    check("up{a=\"1\"} 1 -1\n# EOF\n", &["{up a=\"1\"} 1 @-1000"]);
    check_refused("up 1 NaN\n# EOF\n", &[], "not a time: NaN, line 1, column 4: up 1 NaN");
}

#[test]
fn families_have_help_type_and_unit() {
    let page = r##"# HELP a_seconds \"of\" a
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total 1
# TYPE b unknown
# EOF
"##;
    check(page, &["# a_seconds_total counter \"\\\"of\\\" a\" seconds", "{a_seconds_total} 1", "# b unknown \"\""]);
    check_refused(
        "# UNIT a_seconds bytes\n# EOF\n",
        &[],
        "unit bytes is no suffix of its metric, line 1, column 18: # UNIT a_seconds bytes",
    );
    check_refused(
        "# UNIT aseconds seconds\n# EOF\n",
        &[],
        "unit seconds is no suffix of its metric, line 1, column 17: # UNIT aseconds seconds",
    );
    check_refused(
        "# TYPE a untyped\n# EOF\n",
        &[],
        "unknown metric type: untyped, line 1, column 10: # TYPE a untyped",
    );
}

#[test]
fn kinds_of_openmetrics_are_known() {
    check(
        r##"# TYPE a info
a_info{v="1"} 1
# TYPE b stateset
b{b="on"} 1
# TYPE c gaugehistogram
c_bucket{le="+Inf"} 1
c_gcount 1
c_gsum 1
# EOF
"##,
        &[
            "# a info \"\"",
            "{a_info v=\"1\"} 1",
            "# b stateset \"\"",
            "{b b=\"on\"} 1",
            "# c gaugehistogram \"\"",
            "{c_bucket le=\"+Inf\"} 1",
            "{c_gcount} 1",
            "{c_gsum} 1",
        ],
    );
}

#[test]
fn nothing_is_free() {
    for line in [
        "up  1",
        " up 1",
        "up 1 ",
        "up\t1",
        "up {a=\"1\"} 1",
        "up{a=\"1\"}1",
        "",
        "# a comment",
        "#EOF",
        "# HELP a",
        "up 1 2 3",
    ] {
        let (_, ended) = read(Format::OpenMetrics, format!("{line}\n# EOF\n").as_bytes());
        assert!(ended.is_err(), "{line:?}");
    }
}

#[test]
fn labels_that_cannot_be_read_end_the_page() {
    check_refused(
        "up 1\nup{a=1} 1\n# EOF\n",
        &["{up} 1"],
        "expected a label's value in quotes, line 2, column 6: up{a=1}",
    );
    check_refused(
        "# TYPE a counter\na_total{a=1} 1\n# EOF\n",
        &[],
        "expected a label's value in quotes, line 2, column 11: a_total{a=1}",
    );
}

#[test]
fn counters_and_buckets_have_exemplars() {
    let page = r##"# TYPE a counter
a_total{b=" # {"} 1 # {trace_id="x\""} 0.5 1.5
a_total 2 3 # {} 1
# TYPE h histogram
h_bucket{le="1"} 1 # {a="1",b="2"} 1
# EOF
"##;
    check(
        page,
        &[
            "# a_total counter \"\"",
            "{a_total b=\" # {\"} 1 ~{trace_id=\"x\\\"\"}0.5@1500",
            "{a_total} 2 @3000 ~{}1",
            "# h histogram \"\"",
            "{h_bucket le=\"1.0\"} 1 ~{a=\"1\" b=\"2\"}1",
        ],
    );
    check_refused(
        "up 1 # {} 1\n# EOF\n",
        &[],
        "an exemplar where only series named _total or _bucket may have one, line 1, column 8: up 1 # {} 1",
    );
    for line in [
        "a_total 1 # {}",
        "a_total 1 # {} x",
        "a_total 1 # {} 1 NaN",
        "a_total 1 # {\"x\"} 1",
        "a_total 1 # {a=1} 1",
        "a_total 1 # x",
        "a_total 1 # {} 1 1 1",
    ] {
        let (_, ended) = read(Format::OpenMetrics, format!("{line}\n# EOF\n").as_bytes());
        assert!(ended.is_err(), "{line:?}");
    }
}

#[test]
fn created_is_the_start_of_its_metric() {
    let page = "# TYPE a counter\na_total{b=\"1\"} 1\na_created{b=\"1\"} 1.5\na_total{b=\"2\"} 2\n# EOF\n";
    check(page, &["# a_total counter \"\"", "{a_total b=\"1\"} 1 ^1500", "{a_total b=\"2\"} 2"]);
    let page = "# TYPE a counter\na_created{b=\"1\"} 1.5\na_total{b=\"1\"} 1\na_total{b=\"2\"} 2\n# EOF\n";
    check(page, &["# a_total counter \"\"", "{a_total b=\"1\"} 1 ^1500", "{a_total b=\"2\"} 2"]);
}

#[test]
fn created_is_the_start_of_all_buckets_and_quantiles() {
    let page = r##"# TYPE h histogram
h_bucket{a="1",le="1"} 1
h_bucket{a="1",le="+Inf"} 1
h_count{a="1"} 1
h_created{a="1"} 2
h_sum{a="1"} 1
# TYPE s summary
s{quantile="0.5"} 1
s_count 1
s_created 3
# EOF
"##;
    check(
        page,
        &[
            "# h histogram \"\"",
            "{h_bucket a=\"1\" le=\"1.0\"} 1 ^2000",
            "{h_bucket a=\"1\" le=\"+Inf\"} 1 ^2000",
            "{h_count a=\"1\"} 1 ^2000",
            "{h_sum a=\"1\"} 1 ^2000",
            "# s summary \"\"",
            "{s quantile=\"0.5\"} 1 ^3000",
            "{s_count} 1 ^3000",
        ],
    );
}

#[test]
fn created_of_no_metric_beside_it_is_dropped() {
    let page = "# TYPE a counter\na_total{b=\"1\"} 1\na_total{b=\"2\"} 2\na_created{b=\"1\"} 5\n# EOF\n";
    check(page, &["# a_total counter \"\"", "{a_total b=\"1\"} 1", "{a_total b=\"2\"} 2"]);
}

#[test]
fn created_elsewhere_is_a_series() {
    check("# TYPE a gauge\na 1\na_created 5\n# EOF\n", &["# a gauge \"\"", "{a} 1", "{a_created} 5"]);
    check(
        "# TYPE a counter\na_total 1\nb_created 5\n# EOF\n",
        &["# a_total counter \"\"", "{a_total} 1", "{b_created} 5"],
    );
    check("a_created 5\n# EOF\n", &["{a_created} 5"]);
}

#[test]
fn samples_held_for_created_are_bounded() {
    let buckets: String = (0..=HELD_MAX).map(|at| format!("h_bucket{{le=\"{at}\"}} 1\n")).collect();
    let page = format!("# TYPE h histogram\n{buckets}h_created 5\nh_count 1\n# EOF\n");
    let (said, ended) = read(Format::OpenMetrics, page.as_bytes());
    assert_eq!((said.len(), ended), (HELD_MAX + 3, Ok(())));
    assert_eq!(said.iter().filter(|line| line.contains('^')).count(), 1, "the count, behind the start");
    let page = format!("# TYPE h histogram\nh_created 5\n{buckets}# EOF\n");
    let (said, _) = read(Format::OpenMetrics, page.as_bytes());
    assert_eq!(said.iter().filter(|line| line.contains('^')).count(), HELD_MAX + 1);
}

#[test]
fn names_in_quotes_are_read_as_in_text() {
    let page = r##"# TYPE "a.b" counter
{"a.b_total","c.d"="1"} 1 # {"e.f"="2"} 1
{"a.b_created","c.d"="1"} 2
# EOF
"##;
    check(page, &["# a.b_total counter \"\"", "{a.b_total c.d=\"1\"} 1 ^2000 ~{e.f=\"2\"}1"]);
}
