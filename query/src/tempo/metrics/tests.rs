use super::*;

const NOW_NS: i64 = 1_700_000_000_000_000_000;
const S: i64 = 1_000_000_000;

fn texts(start: &str, end: &str, since: &str, step: &str) -> MetricsTexts {
    let [start, end, since, step] = [start, end, since, step].map(str::to_owned);
    MetricsTexts { text: "{ } | rate()".to_owned(), start, end, since, step, exemplars: None }
}

/// Start and end before now, in seconds, and the step in nanoseconds.
fn check(texts: MetricsTexts, expected: (i64, i64, Option<i64>)) {
    let asked = texts.clone().asked(Evaluation::Range, NOW_NS).unwrap();
    assert_eq!(((NOW_NS - asked.start_ns) / S, (NOW_NS - asked.end_ns) / S, asked.step_ns), expected, "{texts:?}");
}

fn refused(texts: MetricsTexts) -> String {
    texts.asked(Evaluation::Range, NOW_NS).unwrap_err().to_string()
}

#[test]
fn a_range_is_the_last_hour_unless_said_otherwise() {
    check(texts("", "", "", ""), (3_600, 0, None));
    check(texts("0", "0", "", "0"), (3_600, 0, None));
    check(texts("", "", "30m", ""), (1_800, 0, None));
    check(texts("", "1699999990", "1m", ""), (70, 10, None));
    check(texts("1699999900", "", "1m", ""), (100, 0, None));
}

#[test]
fn times_are_seconds_nanoseconds_or_dates() {
    for start in ["1699999900", "1699999900.0", "1699999900000000000", "2023-11-14T22:11:40Z", "now-100s"] {
        check(texts(start, "1700000000", "", ""), (100, 0, None));
    }
}

#[test]
fn a_step_is_a_duration_or_seconds() {
    check(texts("", "", "", "15s"), (3_600, 0, Some(15 * S)));
    check(texts("", "", "", "1m30s"), (3_600, 0, Some(90 * S)));
    check(texts("", "", "", "1800s"), (3_600, 0, Some(1_800 * S)));
    check(texts("", "", "", "60"), (3_600, 0, Some(60 * S)));
    check(texts("", "", "", "0.5"), (3_600, 0, Some(S / 2)));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    for (texts, expected) in [
        (texts("x", "", "", ""), "invalid start"),
        (texts("", "x", "", ""), "invalid end"),
        (texts("", "", "x", ""), "invalid since"),
        (texts("", "", "0", ""), "invalid range"),
        (texts("", "", "", "x"), "invalid step"),
        (texts("", "", "", "-1"), "invalid step"),
        (texts("", "", "", "NaN"), "invalid step"),
        (texts("1700000000", "1700000000", "", ""), "invalid range"),
        (MetricsTexts::default(), "q is missing"),
    ] {
        let message = refused(texts);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn exemplars_are_bounded_and_an_instant_has_none() {
    let exemplars = |given, evaluation| {
        let texts = MetricsTexts { exemplars: given, ..texts("", "", "", "15s") };
        let asked = texts.asked(evaluation, NOW_NS).unwrap();
        (asked.exemplars_max, asked.step_ns)
    };
    assert_eq!(exemplars(None, Evaluation::Range).0, EXEMPLARS_MAX);
    assert_eq!(exemplars(Some(0), Evaluation::Range).0, 0);
    assert_eq!(exemplars(Some(7), Evaluation::Range).0, 7);
    assert_eq!(exemplars(Some(usize::MAX), Evaluation::Range).0, EXEMPLARS_MAX);
    assert_eq!(exemplars(Some(7), Evaluation::Instant), (0, None));
}

#[test]
fn messages_ask_in_nanoseconds() {
    let text = "{ } | rate()".to_owned();
    let (start, end) = (NOW_NS as u64 - 100, NOW_NS as u64);
    let range = QueryRangeRequest { query: text.clone(), start, end, step: 10, exemplars: 5, max_series: 0 };
    let (start_ns, end_ns) = (NOW_NS - 100, NOW_NS);
    let evaluation = Evaluation::Range;
    let expected =
        MetricsAsked { text: text.clone(), start_ns, end_ns, step_ns: Some(10), exemplars_max: 5, evaluation };
    assert_eq!(range.asked(0).unwrap(), expected);
    let unset = QueryRangeRequest { query: text.clone(), ..QueryRangeRequest::default() }.asked(NOW_NS).unwrap();
    assert_eq!((unset.start_ns, unset.end_ns, unset.step_ns), (NOW_NS - SINCE_NS, NOW_NS, None));
    let instant = QueryInstantRequest { query: text, start, end }.asked(0).unwrap();
    assert_eq!(instant, MetricsAsked { step_ns: None, exemplars_max: 0, evaluation: Evaluation::Instant, ..expected });
    let backwards = QueryInstantRequest { query: "{ } | rate()".to_owned(), start: end, end: start };
    assert!(backwards.asked(0).is_err());
}
