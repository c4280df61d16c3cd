use super::{check_data, encoded, post};

async fn check_formatted(text: &str, expected: &str) {
    let data = serde_json::to_string(expected).unwrap();
    check_data(&format!("/api/v1/format_query?query={}", encoded(text)), &data).await;
}

#[tokio::test]
async fn queries_are_laid_out() {
    check_formatted("foo/bar", "foo / bar").await;
    check_formatted("SUM BY(a)(rate(x [ 5m ]))", "sum by (a) (rate(x[5m]))").await;
    let long = "a_rather_long_name_of_a_metric{and=\"labels\"} / on (instance) another_rather_long_name_of_a_metric{job=\"x\"}";
    let lines = "  a_rather_long_name_of_a_metric{and=\"labels\"}\n/ on (instance)\n  another_rather_long_name_of_a_metric{job=\"x\"}";
    check_formatted(long, lines).await;
}

#[tokio::test]
async fn forms_are_formatted_too() {
    let (_, body) = post("/api/v1/format_query", "query=foo%2Fbar").await;
    assert_eq!(body, r#"{"status":"success","data":"foo / bar"}"#);
}

#[tokio::test]
async fn a_selector_is_a_node() {
    let name = r#"{"name":"__name__","value":"up","type":"="}"#;
    let matchers = format!(r#"[{{"name":"job","value":"a.*","type":"=~"}},{name}]"#);
    let node = format!(
        r#"{{"type":"vectorSelector","name":"up","offset":60000,"matchers":{matchers},"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false}}"#
    );
    check_data(&format!("/api/v1/parse_query?query={}", encoded(r#"up{job=~"a.*"} offset 1m"#)), &node).await;
}

#[tokio::test]
async fn very_high_trees_have_room() {
    let high = encoded(&vec!["up"; 500].join(" + on (instance) "));
    for path in ["/api/v1/format_query", "/api/v1/parse_query", "/api/v1/query_exemplars", "/api/v1/query"] {
        let (status, body) = post(path, &format!("query={high}")).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
}
