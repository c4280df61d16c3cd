use super::{check, encoded, get, instant, post, world};
use axum::http::StatusCode;

async fn check_instant(text: &str, result_type: &str, result: &str) {
    let data = format!(r#"{{"resultType":"{result_type}","result":{result}}}"#);
    check(&instant(text), &format!(r#"{{"status":"success","data":{data}}}"#)).await;
}

fn range(text: &str, more: &str) -> String {
    let (start, end) = (world::START_SECONDS, world::START_SECONDS + 30);
    format!("/api/v1/query_range?query={}&start={start}&end={end}&step=15{more}", encoded(text))
}

#[tokio::test]
async fn scalars_and_strings_are_points() {
    check_instant("1.5", "scalar", r#"[1700000600,"1.5"]"#).await;
    check_instant("\"a\\\"b\"", "string", r#"[1700000600,"a\"b"]"#).await;
}

#[tokio::test]
async fn vectors_have_metrics_and_values() {
    let up = r#"[{"metric":{"__name__":"up","instance":"a:1","job":"api"},"value":[1700000600,"1"]}]"#;
    check_instant("up == 1", "vector", up).await;
    check_instant("sum(up)", "vector", r#"[{"metric":{},"value":[1700000600,"1"]}]"#).await;
    check_instant("nothing", "vector", "[]").await;
}

#[tokio::test]
async fn odd_values_are_words_or_have_exponents() {
    for (kind, value) in [("huge", "1e+300"), ("large", "1e+21"), ("nan", "NaN"), ("plus", "+Inf"), ("tiny", "1.5e-09")]
    {
        let row = format!(r#"[{{"metric":{{"kind":"{kind}"}},"value":[1700000600,"{value}"]}}]"#);
        check_instant(&format!(r#"sum by (kind) (odd{{kind="{kind}"}})"#), "vector", &row).await;
    }
}

#[tokio::test]
async fn times_have_milliseconds() {
    let path = "/api/v1/query?query=time()&time=1435781451.781";
    let data = r#"{"resultType":"scalar","result":[1435781451.781,"1435781451.781"]}"#;
    check(path, &format!(r#"{{"status":"success","data":{data}}}"#)).await;
}

#[tokio::test]
async fn without_a_time_it_is_now() {
    let data = r#"{"resultType":"scalar","result":[1700000600,"1700000600"]}"#;
    check("/api/v1/query?query=time()", &format!(r#"{{"status":"success","data":{data}}}"#)).await;
}

#[tokio::test]
async fn native_histograms_have_buckets_with_rules() {
    let buckets = r#"[1,"-2","-1","4"],[3,"-0.001","0.001","2"],[0,"0.5","1","3"],[0,"2","4","1"]"#;
    let histogram = format!(r#"{{"count":"10","sum":"5.5","buckets":[{buckets}]}}"#);
    let row = format!(r#"[{{"metric":{{"__name__":"latency","job":"api"}},"histogram":[1700000600,{histogram}]}}]"#);
    check_instant(r#"latency{job="api"}"#, "vector", &row).await;
}

#[tokio::test]
async fn custom_buckets_end_at_their_bounds() {
    let buckets = r#"[3,"-Inf","0.1","1"],[0,"0.1","0.5","1"],[0,"0.5","+Inf","1"]"#;
    let histogram = format!(r#"{{"count":"3","sum":"0.25","buckets":[{buckets}]}}"#);
    let row = format!(r#"[{{"metric":{{"__name__":"latency","job":"custom"}},"histogram":[1700000600,{histogram}]}}]"#);
    check_instant(r#"latency{job="custom"}"#, "vector", &row).await;
}

#[tokio::test]
async fn a_histogram_without_observations_has_no_buckets() {
    let row = r#"[{"metric":{},"histogram":[1700000600,{"count":"0","sum":"0"}]}]"#;
    check_instant(r#"sum(latency{job="api"}) * 0"#, "vector", row).await;
}

#[tokio::test]
async fn matrices_have_values_and_histograms() {
    let values = r#"[[1700000000,"1"],[1700000015,"1"],[1700000030,"1"]]"#;
    let row = format!(r#"{{"metric":{{"__name__":"up","instance":"a:1","job":"api"}},"values":{values}}}"#);
    let data = format!(r#"{{"resultType":"matrix","result":[{row}]}}"#);
    check(&range("up == 1", ""), &format!(r#"{{"status":"success","data":{data}}}"#)).await;

    let one = r#"{"count":"3","sum":"0.25","buckets":[[3,"-Inf","0.1","1"],[0,"0.1","0.5","1"],[0,"0.5","+Inf","1"]]}"#;
    let values = format!(r#"[[1700000000,{one}],[1700000015,{one}],[1700000030,{one}]]"#);
    let row = format!(r#"{{"metric":{{"__name__":"latency","job":"custom"}},"histograms":{values}}}"#);
    let data = format!(r#"{{"resultType":"matrix","result":[{row}]}}"#);
    check(&range(r#"latency{job="custom"}"#, ""), &format!(r#"{{"status":"success","data":{data}}}"#)).await;
}

#[tokio::test]
async fn a_series_can_have_both() {
    let text = r#"label_replace(latency{job="custom"}, "__name__", "x", "", "") and on () (vector(time()) < 1700000015)
        or label_replace(label_replace(up{job="web"}, "instance", "", "", ""), "job", "custom", "", "") and on () (vector(time()) >= 1700000015)"#;
    let (status, body) = get(&range(&format!("sum without (__name__) ({text})"), "")).await;
    let one = r#"{"count":"3","sum":"0.25","buckets":[[3,"-Inf","0.1","1"],[0,"0.1","0.5","1"],[0,"0.5","+Inf","1"]]}"#;
    let values = r#""values":[[1700000015,"0"],[1700000030,"0"]]"#;
    let row = format!(r#"{{"metric":{{"job":"custom"}},{values},"histograms":[[1700000000,{one}]]}}"#);
    let data = format!(r#"{{"resultType":"matrix","result":[{row}]}}"#);
    assert_eq!((status, body), (StatusCode::OK, format!(r#"{{"status":"success","data":{data}}}"#)));
}

#[tokio::test]
async fn empty_matrices_are_lists() {
    check(&range("nothing", ""), r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#).await;
}

#[tokio::test]
async fn notices_stand_behind_the_data() {
    let row = r#"[{"metric":{"instance":"a:1","job":"api"},"value":[1700000600,"0"]}]"#;
    let data = format!(r#"{{"resultType":"vector","result":{row}}}"#);
    let info =
        r#"PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"up\" (1:6)"#;
    let body = format!(r#"{{"status":"success","data":{data},"infos":["{info}"]}}"#);
    check(&instant(r#"rate(up{job="api"}[5m])"#), &body).await;

    let (_, body) = get(&instant("quantile(2, up)")).await;
    let warning = r#"}],"warnings":["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]}"#;
    let warning = warning.replacen("}]", "}", 1);
    assert!(body.ends_with(&warning), "{body}");
}

#[tokio::test]
async fn no_more_than_ten_notices_of_a_kind_are_told() {
    let many = vec!["quantile(2, up)"; 13].join(" + ");
    let (_, body) = get(&instant(&many)).await;
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 11);
    assert_eq!(warnings[10], "3 more warning annotations omitted");
}

#[tokio::test]
async fn a_limit_cuts_series_and_says_so() {
    let warned = r#","warnings":["results truncated due to limit"]}"#;
    for path in [instant("up") + "&limit=1", range("up", "&limit=1")] {
        let (_, body) = get(&path).await;
        assert_eq!(body.matches("\"metric\"").count(), 1, "{body}");
        assert!(body.ends_with(warned), "{body}");
    }
    for more in ["&limit=2", "&limit=0", "&limit="] {
        let (_, body) = get(&(instant("up") + more)).await;
        assert_eq!(body.matches("\"metric\"").count(), 2, "{body}");
        assert!(!body.contains("warnings"), "{body}");
    }
}

#[tokio::test]
async fn statistics_stand_behind_the_result_when_asked_for() {
    let (_, body) = get(&(instant("sum(up)") + "&stats=all")).await;
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let stats = &answer["data"]["stats"];
    assert_eq!(stats["samples"]["totalQueryableSamples"], 2);
    assert!(stats["samples"]["peakSamples"].as_u64().is_some_and(|peak| peak >= 2), "{body}");
    let [total, queued, evaluated] =
        ["execTotalTime", "execQueueTime", "evalTotalTime"].map(|name| stats["timings"][name].as_f64().unwrap());
    assert!(total > 0.0 && (queued + evaluated - total).abs() < 1e-9, "{body}");
    assert!(body.starts_with(r#"{"status":"success","data":{"resultType":"vector","result":["#), "{body}");
    assert!(!get(&instant("sum(up)")).await.1.contains("stats"));
}

#[tokio::test]
async fn a_lookback_reaches_as_far_as_it_says() {
    let late = format!("/api/v1/query?query=sum(up)&time={}", world::END_SECONDS + 400);
    check(&late, r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#).await;
    let row = r#"[{"metric":{},"value":[1700001000,"1"]}]"#;
    let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{row}}}}}"#);
    check(&format!("{late}&lookback_delta=7m"), &body).await;
}

#[tokio::test]
async fn forms_are_asked_as_urls_are() {
    let expected = get(&instant("sum(up)")).await;
    assert_eq!(post("/api/v1/query", "query=sum(up)&time=1700000600").await, expected);
    assert_eq!(post("/api/v1/query?time=1700000600", "query=sum(up)").await, expected);
    assert_eq!(post("/api/v1/query?query=down&time=1700000600", "query=sum(up)").await, expected);
    let expected = get(&range("sum(up)", "")).await;
    let form = "query=sum(up)&start=1700000000&end=1700000030&step=15s";
    assert_eq!(post("/api/v1/query_range", form).await, expected);
}

#[tokio::test]
async fn eleven_thousand_steps_are_answered() {
    let path = "/api/v1/query_range?query=time()&start=0&end=11000&step=1";
    let (status, body) = get(path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.ends_with(r#"[10999,"10999"],[11000,"11000"]]}]}}"#), "{}", &body[body.len() - 60..]);
}

#[tokio::test]
async fn far_times_are_answered() {
    for time in ["1e300", "-1e300", "9e18"] {
        let text = encoded("rate(requests_total[5m] offset 100y) or max_over_time(up[1y:1w] offset -100y)");
        let (status, body) = get(&format!("/api/v1/query?query={text}&time={time}")).await;
        assert_eq!((status, body.contains(r#""result":[]"#)), (StatusCode::OK, true), "{time}: {body}");
        let path = format!("/api/v1/query_range?query={text}&start={time}&end={time}&step=1y");
        assert_eq!(get(&path).await.0, StatusCode::OK, "{time}");
    }
}
