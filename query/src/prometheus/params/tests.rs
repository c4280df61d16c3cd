use super::*;

fn params(query: &str) -> Params {
    Params::merge(b"", query).unwrap()
}

fn check<T: PartialEq + std::fmt::Debug>(asked: Result<T, Refusal>, expected: Result<T, &str>) {
    assert_eq!(asked.map_err(|refusal| refusal.to_string()), expected.map_err(str::to_owned));
}

#[test]
fn form_and_url_are_one_and_the_form_comes_first() {
    let params = Params::merge(b"query=up&match[]=a&x=%2B+1", "query=down&match%5B%5D=b&stats=all").unwrap();
    assert_eq!(params.get("query"), "up");
    assert_eq!(params.get("stats"), "all");
    assert_eq!(params.get("x"), "+ 1");
    assert_eq!(params.get("y"), "");
    assert_eq!(params.all("match[]").collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn times_are_seconds_or_rfc_3339() {
    let check = |text: &str, expected| check(params(&format!("t={text}")).time("t"), expected);
    check("1435781451.781", Ok(1_435_781_451_781));
    check("4", Ok(4_000));
    check("-0.0014", Ok(-1));
    check("1e3", Ok(1_000_000));
    check("2015-07-01T20:10:51.781Z", Ok(1_435_781_451_781));
    check("2015-07-01T22:10:51.7819%2B02:00", Ok(1_435_781_451_781));
    check("1969-12-31T23:59:59.9999Z", Ok(-1));
    check("foo", Err(r#"invalid parameter "t": cannot parse "foo" to a valid timestamp"#));
    check("", Err(r#"invalid parameter "t": cannot parse "" to a valid timestamp"#));
    check("NaN", Err(r#"invalid parameter "t": cannot parse "NaN" to a valid timestamp"#));
}

#[test]
fn far_times_are_as_far_as_times_go() {
    let check = |text: &str, expected| check(params(&format!("t={text}")).time("t"), expected);
    check("1600096945000", Ok(1_600_096_945_000_000));
    check("1e300", Ok(TimeRange::ALL.end_ms));
    check("-1e300", Ok(TimeRange::ALL.start_ms));
    check("-292273086-05-16T16:47:06Z", Ok(TimeRange::ALL.start_ms));
    check("292277025-08-18T07:12:54.999999999Z", Ok(TimeRange::ALL.end_ms));
}

#[test]
fn timeouts_are_seconds_or_durations() {
    let check = |text: &str, expected| check(params(&format!("timeout={text}")).timeout(), expected);
    check("", Ok(None));
    check("0.29", Ok(Some(Duration::from_millis(290))));
    check("1m30s", Ok(Some(Duration::from_secs(90))));
    check("-5", Ok(Some(Duration::ZERO)));
    check("1x", Err(r#"invalid parameter "timeout": cannot parse "1x" to a valid duration"#));
    check("1e10", Err(r#"invalid parameter "timeout": cannot parse "1e10" to a valid duration. It overflows int64"#));
}

#[test]
fn a_lookback_that_looks_nowhere_is_the_servers_own() {
    let check = |text: &str, expected| check(params(&format!("lookback_delta={text}")).lookback_ms(), expected);
    check("", Ok(None));
    check("10m", Ok(Some(600_000)));
    check("0", Ok(None));
    check("-1", Ok(None));
    check("x", Err(r#"error parsing lookback delta duration: cannot parse "x" to a valid duration"#));
}

#[test]
fn limits_are_not_negative_and_0_is_none() {
    let check = |text: &str, expected| check(params(&format!("limit={text}")).limit(), expected);
    check("", Ok(None));
    check("0", Ok(None));
    check("7", Ok(Some(7)));
    check("-1", Err(r#"invalid parameter "limit": limit must be non-negative"#));
    check("1.5", Err(r#"invalid parameter "limit": strconv.Atoi: parsing "1.5": invalid syntax"#));
    let large = "99999999999999999999";
    check(large, Err(&format!(r#"invalid parameter "limit": strconv.Atoi: parsing "{large}": value out of range"#)));
}

#[test]
fn ranges_have_steps_but_not_too_many() {
    let check = |query: &str, expected| check(params(query).steps(), expected);
    check("start=0&end=11000&step=1", Ok(Range::Steps { start_ms: 0, end_ms: 11_000_000, step_ms: 1_000 }));
    check("start=5&end=5&step=15s", Ok(Range::Steps { start_ms: 5_000, end_ms: 5_000, step_ms: 15_000 }));
    let too_many =
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)";
    check("start=0&end=11001&step=1", Err(too_many));
    check("start=-1e300&end=1e300&step=1", Err(too_many));
    check("start=1&end=0&step=1", Err(r#"invalid parameter "end": end timestamp must not be before start time"#));
    let no_step = r#"invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer"#;
    check("start=0&end=1&step=0", Err(no_step));
    check("start=0&end=1&step=-1", Err(no_step));
    check("start=0&end=1&step=0.0001", Err(no_step));
    check("start=0&end=1", Err(r#"invalid parameter "step": cannot parse "" to a valid duration"#));
    check("end=1&step=1", Err(r#"invalid parameter "start": cannot parse "" to a valid timestamp"#));
}

#[test]
fn selectors_say_something() {
    let check = |query: &str, expected: Result<usize, &str>| {
        let selectors = params(query).selectors();
        assert_eq!(selectors.map(|selectors| selectors.len()), expected.map_err(str::to_owned));
    };
    check("", Ok(0));
    check("match[]=up&match[]={job=~%22.%2B%22}", Ok(2));
    check("match[]={}", Err("match[] must contain at least one non-empty matcher"));
    check("match[]={job=~%22.*%22}", Err("match[] must contain at least one non-empty matcher"));
    check(&"match[]=a&".repeat(129), Err("129 selectors are given, the most is 128"));
    check(&format!("match[]={}", "a".repeat(65_537)), Err("the selectors have 65537 bytes, the most is 65536"));
    assert!(params("match[]=up{").selectors().is_err_and(|why| why.contains("parse error")));
}

#[test]
fn there_are_not_too_many() {
    let check = |count: usize, expected| check(Params::merge(b"", &"a=b&".repeat(count)).map(|_| ()), expected);
    check(1_024, Ok(()));
    check(1_025, Err("error parsing form values: there are more than 1024 of them"));
}
