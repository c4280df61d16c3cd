use super::{check, check_data, encoded, get, post, world};

#[tokio::test]
async fn labels_are_names() {
    check_data("/api/v1/labels", r#"["__name__","code","instance","job","kind","label.with.dot","value"]"#).await;
    check_data("/api/v1/labels?match[]=up&match[]=odd", r#"["__name__","instance","job","kind"]"#).await;
    check_data("/api/v1/labels?match[]=nothing", "[]").await;
    check_data(&format!("/api/v1/labels?end={}", world::START_SECONDS - 1), "[]").await;
}

#[tokio::test]
async fn values_are_those_of_matching_series() {
    check_data("/api/v1/label/job/values", r#"["api","custom","web"]"#).await;
    check_data("/api/v1/label/job/values?match[]=up", r#"["api","web"]"#).await;
    check_data("/api/v1/label/nothing/values", "[]").await;
    let names = r#"["latency","odd","requests_total","text","up","utf8.metric"]"#;
    check_data("/api/v1/label/__name__/values?limit=40000&start=1700000000&end=1700000600", names).await;
    let matching = encoded(r#"{__name__=~"u.*"}"#);
    check_data(&format!("/api/v1/label/__name__/values?match[]={matching}"), r#"["up","utf8.metric"]"#).await;
}

#[tokio::test]
async fn values_are_escaped() {
    check_data("/api/v1/label/value/values", "[\"a \\\"b\\\" \\\\ \u{e9}\\n\"]").await;
}

#[tokio::test]
async fn names_that_are_not_plain_are_escaped_or_encoded() {
    check_data("/api/v1/label/U__label_2e_with_2e_dot/values", r#"["x"]"#).await;
    check_data("/api/v1/label/label.with.dot/values", r#"["x"]"#).await;
}

#[tokio::test]
async fn series_are_objects_of_labels() {
    let up = r#"[{"__name__":"up","instance":"a:1","job":"api"},{"__name__":"up","instance":"b:1","job":"web"}]"#;
    check_data("/api/v1/series?match[]=up", up).await;
    let utf8 = encoded(r#"{"utf8.metric","label.with.dot"="x"}"#);
    let path = format!("/api/v1/series?match[]={utf8}");
    check_data(&path, r#"[{"__name__":"utf8.metric","label.with.dot":"x"}]"#).await;
    let matched = post("/api/v1/series?match[]=up", "match%5B%5D=nothing&start=0").await.1;
    assert_eq!(matched, format!(r#"{{"status":"success","data":{up}}}"#));
}

#[tokio::test]
async fn limits_cut_lists_and_say_so() {
    let cut =
        |data: &str| format!(r#"{{"status":"success","data":{data},"warnings":["results truncated due to limit"]}}"#);
    check("/api/v1/labels?limit=2", &cut(r#"["__name__","code"]"#)).await;
    check("/api/v1/label/job/values?limit=1", &cut(r#"["api"]"#)).await;
    check("/api/v1/series?match[]=up&limit=1", &cut(r#"[{"__name__":"up","instance":"a:1","job":"api"}]"#)).await;
    check_data("/api/v1/label/job/values?limit=3", r#"["api","custom","web"]"#).await;
}

#[tokio::test]
async fn metadata_are_lists_by_metric() {
    let latency = r#""latency":[{"type":"histogram","help":"How long.","unit":"seconds"}]"#;
    let first = r#"{"type":"counter","help":"Requests.","unit":""}"#;
    let second = r#"{"type":"counter","help":"Requests, said otherwise.","unit":""}"#;
    let requests = format!(r#""requests_total":[{first},{second}]"#);
    let up = r#""up":[{"type":"gauge","help":"","unit":""}]"#;
    check_data("/api/v1/metadata", &format!("{{{latency},{requests},{up}}}")).await;
    check_data("/api/v1/metadata?limit=40000", &format!("{{{latency},{requests},{up}}}")).await;
    check_data("/api/v1/metadata?limit=1", &format!("{{{latency}}}")).await;
    check_data("/api/v1/metadata?limit=0", "{}").await;
    check_data("/api/v1/metadata?metric=requests_total", &format!("{{{requests}}}")).await;
    check_data(
        "/api/v1/metadata?metric=requests_total&limit_per_metric=1",
        &format!(r#"{{"requests_total":[{first}]}}"#),
    )
    .await;
    check_data("/api/v1/metadata?metric=nothing", "{}").await;
}

#[tokio::test]
async fn exemplars_are_those_of_selected_series() {
    let labels = r#"{"__name__":"requests_total","code":"500","job":"api"}"#;
    let exemplar = r#"{"labels":{"trace_id":"EpTxMJ40fUus7aGY"},"value":"6","timestamp":1700000000.479}"#;
    let found = format!(r#"[{{"seriesLabels":{labels},"exemplars":[{exemplar}]}}]"#);
    let of = |text: &str, times: &str| format!("/api/v1/query_exemplars?query={}{times}", encoded(text));
    let text = r#"sum(rate(requests_total{code="500"}[5m])) / sum(up)"#;
    check_data(&of(text, "&start=1700000000&end=1700000600"), &found).await;
    check_data(&of(text, ""), &found).await;
    check_data(&of(text, "&start=0&end=1700000000"), "[]").await;
    check_data(&of("up", ""), "[]").await;
    check_data(&of("1 + 1", ""), "[]").await;
}

#[tokio::test]
async fn lists_are_asked_by_forms_too() {
    for path in ["/api/v1/labels", "/api/v1/series"] {
        assert_eq!(post(path, "match%5B%5D=up").await, get(&format!("{path}?match[]=up")).await);
    }
}
