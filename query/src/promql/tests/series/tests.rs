use super::*;

fn floats(line: &str) -> Vec<String> {
    let text = |item: &Item| match item {
        Item::Gap => "_".to_owned(),
        Item::Float(value) if value.to_bits() == STALE.to_bits() => "stale".to_owned(),
        Item::Float(value) => value.to_string(),
        Item::Histogram { histogram, .. } => histogram::text(histogram),
    };
    parse(line).unwrap_or_else(|error| panic!("{line}: {error}")).items.iter().map(text).collect()
}

#[test]
fn repetitions_count_from_the_first_value() {
    assert_eq!(floats("a 1x2 _ _x2 stale"), ["1", "1", "1", "_", "_", "_", "stale"]);
    assert_eq!(floats("a 1+2x2 5-1x1"), ["1", "3", "5", "5", "4"]);
    assert_eq!(floats("a 52+0x2"), ["52", "52", "52"]);
    assert_eq!(floats("a -1e-1-1e+0x1 NaN -Inf +Inf Inf"), ["-0.1", "-1.1", "NaN", "-inf", "inf", "inf"]);
    assert_eq!(floats("a 1e3x0\t2"), ["1000", "2"]);
    assert_eq!(floats("a"), Vec::<String>::new());
}

#[test]
fn labels_are_read() {
    let labels = |line: &str| parse(line).unwrap().labels.to_string();
    assert_eq!(labels("a:b{c=\"d\", e='f',} 1"), r#"{__name__="a:b", c="d", e="f"}"#);
    assert_eq!(labels(r#"{"a.b", "c d"="}\"", __name__="x"} 1"#), r#"{__name__="x", c d="}\""}"#);
    assert_eq!(labels("{} 1"), "{}");
    for wrong in ["", "1 2", "a{", "a{b}", "a{b=c}", "a{b=\"c\" d=\"e\"}", "a 1+2", "a 0x", "a 1x-1", "a b", "a{}1"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn histograms_are_read_and_grow() {
    let read =
        floats("a {{schema:1 sum:-3 count:22 z_bucket:1 z_bucket_w:0.001 offset:-1 buckets:[5 10 7] n_buckets:[1]}}");
    assert_eq!(
        read,
        [
            "{{schema:1 count:22 sum:-3 z_bucket:1 z_bucket_w:0.001 buckets:{-1: 5.0, 0: 10.0, 1: 7.0} n_buckets:{0: 1.0} \
          counter_reset_hint:unknown}}"
        ]
    );
    let grown = floats("a {{schema:0 count:1 buckets:[1]}}+{{schema:1 count:2 offset:1 buckets:[1 1]}}x1 {{}} 1");
    assert_eq!(
        grown,
        [
            "{{schema:0 count:1 sum:0 buckets:{0: 1.0} counter_reset_hint:unknown}}",
            "{{schema:0 count:3 sum:0 buckets:{0: 1.0, 1: 2.0} counter_reset_hint:unknown}}",
            "{{schema:0 count:0 sum:0 counter_reset_hint:unknown}}",
            "1"
        ]
    );
    for wrong in ["a {{", "a {{sum}}", "a {{sum:1 sum:2}}", "a {{bucket:[1]}}", "a {{}}+{{}}", "a {{schema:1}}+{{}}x1"]
    {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn starts_are_before_their_samples() {
    let offsets = |line: &str| starts::parse(line).unwrap().unwrap().offsets_ms;
    assert_eq!(offsets("a@st _ -30s-1mx2"), [None, Some(-30_000), Some(-90_000), Some(-150_000)]);
    assert_eq!(offsets("a{b=\"c\"}@st -1m+10sx1 0 1ms"), [Some(-60_000), Some(-50_000), Some(0), Some(1)]);
    assert_eq!(offsets("@st -0msx1 *x1 _x2"), [Some(0), Some(0), Some(0), Some(0), None, None]);
    assert!(starts::parse("a 1 2").is_none());
    assert!(starts::parse("a@st x").unwrap().is_err());
}
