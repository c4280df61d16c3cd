//! Rules of text 0.0.4.

use super::super::parse;
use super::*;

fn check(page: &str, expected: &[&str]) {
    super::check(Format::Text, page, expected);
}

fn check_refused(page: &str, error: &str) {
    super::check_refused(Format::Text, page.as_bytes(), &[], error);
}

#[test]
fn a_line_is_a_series_a_value_and_a_time() {
    check("up 1\n", &["{up} 1"]);
    check("up{} 1\n", &["{up} 1"]);
    check("up{a=\"1\"} 2.5 1520879607789\n", &["{up a=\"1\"} 2.5 @1520879607789"]);
    check("up{a=\"1\"}3\n", &["{up a=\"1\"} 3"]);
    check("up 1 -5\n", &["{up} 1 @-5"]);
    check("up +Inf\nup -Inf\nup NaN\n", &["{up} inf", "{up} -inf", "{up} NaN"]);
    check("up 0x1p-2\n", &["{up} 0.25"]);
}

#[test]
fn blanks_are_free_and_the_last_line_need_not_end() {
    check(" \tup\t{ a = \"1\" , }  1\t 5 ", &["{up a=\"1\"} 1 @5"]);
    check("\n\n \t \nup 1\n\n", &["{up} 1"]);
    check("", &[]);
}

#[test]
fn values_of_labels_hold_anything_escaped() {
    check(r#"up{a="}\" 1 \\ # {\n"} 2"#, &[r#"{up a="}\" 1 \\ # {\n"} 2"#]);
    check("up{a=\"é\t\"} 2", &["{up a=\"é\\t\"} 2"]);
}

#[test]
fn names_in_quotes_hold_anything() {
    check(r#"{"my.metric","a.b"="1"} 2"#, &["{my.metric a.b=\"1\"} 2"]);
    check("# TYPE \"my.metric\" gauge\n{\"my.metric\"} 2", &["# my.metric gauge \"\"", "{my.metric} 2"]);
}

#[test]
fn families_are_told_once_before_their_samples() {
    let page = "# HELP a of\\n\\\\a \\\"\n# TYPE a counter\na 1\na{b=\"1\"} 2\n# TYPE b untyped\n# HELP c\n";
    check(
        page,
        &["# a counter \"of\\n\\\\a \\\\\\\"\"", "{a} 1", "{a b=\"1\"} 2", "# b unknown \"\"", "# c unknown \"\""],
    );
}

#[test]
fn more_of_a_family_is_told_with_what_was_known() {
    check("# HELP a x\na 1\n# TYPE a gauge\na 2\n", &["# a unknown \"x\"", "{a} 1", "# a gauge \"x\"", "{a} 2"]);
    check(
        "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n",
        &["# a gauge \"\"", "{a} 1", "# b gauge \"\"", "{b} 1", "# a gauge \"\"", "{a} 2"],
    );
}

#[test]
fn a_counter_is_called_as_its_type_line_says() {
    check("# TYPE a counter\na 1\n", &["# a counter \"\"", "{a} 1"]);
    check("# TYPE a_total counter\n", &["# a_total counter \"\""]);
}

#[test]
fn other_comments_say_nothing() {
    check("# a comment\n#\n#HELP a b\n# HELP\n# TYPEa b\n# EOF\n# UNIT a b\nup 1\n", &["{up} 1"]);
}

#[test]
fn created_is_a_series_like_others() {
    check("# TYPE a counter\na 1\na_created 5\n", &["# a counter \"\"", "{a} 1", "{a_created} 5"]);
}

#[test]
fn bounds_of_histograms_and_summaries_are_written_one_way() {
    let page = r##"# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 1
# TYPE s summary
s{quantile="1",le="1"} 1
x{le="1"} 1
"##;
    check(
        page,
        &[
            "# h histogram \"\"",
            "{h_bucket le=\"1.0\"} 1",
            "{h_bucket le=\"+Inf\"} 1",
            "# s summary \"\"",
            "{s quantile=\"1.0\" le=\"1\"} 1",
            "{x le=\"1\"} 1",
        ],
    );
}

#[test]
fn the_staleness_marker_is_no_value_of_a_page() {
    parse(Format::Text, b"up NaN\n", &mut |entry| {
        let Entry::Sample(Scraped { value: SampleValue::Float(value), .. }) = entry else { panic!("{entry:?}") };
        assert!(value.is_nan() && !spanloom_store::series::is_stale(value));
        ControlFlow::Continue(())
    })
    .unwrap();
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    check_refused("\n1up 2", "expected a metric's name, line 2, column 1: 1up 2");
    check_refused("up", "expected a value, line 1, column 3: up");
    check_refused("up{a=\"1\"}", "expected a value, line 1, column 10: up{a=\"1\"}");
    check_refused("up x", "not a number: x, line 1, column 4: up x");
    check_refused("up 1\r\n", "not a number: 1\r, line 1, column 4: up 1\r");
    check_refused("up 1 1.5", "not a time: 1.5, line 1, column 6: up 1 1.5");
    check_refused(
        "up 1 99999999999999999999",
        "not a time: 99999999999999999999, line 1, column 6: up 1 99999999999999999999",
    );
    check_refused("up 1 5 x", "unexpected text behind a sample: x, line 1, column 8: up 1 5 x");
    check_refused("# TYPE up many", "unknown metric type: many, line 1, column 11: # TYPE up many");
    check_refused("# TYPE 1up gauge", "expected the name of a family, line 1, column 8: # TYPE 1up gauge");
}

#[test]
fn labels_that_cannot_be_read_end_the_page_when_asked_for() {
    let page = b"up 1\n  up{a=\"1} 1\nup 2\n";
    let error = "expected a label's value in quotes, line 2, column 8:   up{a=\"1} 1";
    super::check_refused(Format::Text, page, &["{up} 1"], error);
    let count = |page: &[u8]| {
        let mut count = 0;
        let ended = parse(Format::Text, page, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        (count, ended)
    };
    assert_eq!(count(page), (3, Ok(())));
}

#[test]
fn a_page_ends_before_what_is_not_utf8() {
    let page = b"up 1\nup{a=\"\xff\"} 1\nup 2\n";
    super::check_refused(Format::Text, page, &["{up} 1"], "not UTF-8, line 2, column 7: up{a=\"");
}

#[test]
fn whoever_wants_no_more_gets_no_more_and_no_error() {
    let mut keys = Vec::new();
    let ended = parse(Format::Text, b"a 1\nb 2\nbroken", &mut |entry| {
        if let Entry::Sample(sample) = entry {
            keys.push(sample.key.to_owned());
        }
        ControlFlow::Break(())
    });
    assert_eq!((keys, ended), (vec!["a".to_owned()], Ok(())));
}

#[test]
fn keys_are_what_the_page_wrote() {
    let mut keys = Vec::new();
    parse(Format::Text, b" a{b=\"1\", } 1\nc 2\n{\"d\"} 3", &mut |entry| {
        if let Entry::Sample(sample) = entry {
            keys.push(sample.key.to_owned());
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(keys, ["a{b=\"1\", }", "c", "{\"d\"}"]);
}

#[test]
fn errors_show_the_beginning_of_a_long_line() {
    let page = format!("up{{a=\"{}\"}} x", "é".repeat(1 << 16));
    let (_, ended) = read(Format::Text, page.as_bytes());
    assert!(ended.unwrap_err().to_string().len() < 300);
}
