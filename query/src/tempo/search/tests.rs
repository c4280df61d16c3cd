use super::*;

fn asked(request: SearchRequest) -> Result<Searched, QueryError> {
    SearchAsked::try_from(request)?.searched()
}

fn refused(request: SearchRequest) -> String {
    asked(request).unwrap_err().to_string()
}

#[test]
fn what_is_not_set_has_its_default() {
    let searched = asked(SearchRequest::default()).unwrap();
    assert_eq!((searched.text.as_str(), searched.limit, searched.spans_max), ("{}", LIMIT, SPANS));
    assert_eq!(searched.range, TimeRange { start_ns: i64::MIN, end_ns: i64::MAX });
    assert_eq!((searched.duration_min_ns, searched.duration_max_ns), (None, None));
}

#[test]
fn what_is_set_is_asked() {
    let request = SearchRequest {
        query: "{ status = error }".to_owned(),
        min_duration_ms: 5,
        max_duration_ms: 6,
        limit: 7,
        start: 1,
        end: 2,
        spans_per_span_set: 9,
        ..SearchRequest::default()
    };
    let searched = asked(request).unwrap();
    assert_eq!((searched.text.as_str(), searched.limit, searched.spans_max), ("{ status = error }", 7, 9));
    assert_eq!(searched.range, TimeRange { start_ns: NS_PER_S, end_ns: 2 * NS_PER_S });
    assert_eq!((searched.duration_min_ns, searched.duration_max_ns), (Some(5 * NS_PER_MS), Some(6 * NS_PER_MS)));
}

#[test]
fn tags_are_a_query() {
    let tags = [("a".to_owned(), "b c".to_owned())].into_iter().collect();
    let searched = asked(SearchRequest { tags, ..SearchRequest::default() }).unwrap();
    assert_eq!(searched.text, r#"{ .a = "b c" }"#);
}

#[test]
fn what_cannot_be_is_refused() {
    let default = SearchRequest::default();
    assert!(refused(SearchRequest { limit: 1_001, ..default.clone() }).starts_with("invalid limit"));
    assert!(refused(SearchRequest { spans_per_span_set: 101, ..default.clone() }).starts_with("invalid spss"));
    assert!(refused(SearchRequest { start: 5, ..default.clone() }).starts_with("invalid range"));
    assert!(refused(SearchRequest { start: 5, end: 5, ..default.clone() }).starts_with("invalid range"));
    let tags = [("a".to_owned(), "b".to_owned())].into_iter().collect();
    assert!(refused(SearchRequest { tags, query: "{ }".to_owned(), ..default }).starts_with("q and tags"));
}
