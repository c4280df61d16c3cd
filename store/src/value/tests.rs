use proptest::prelude::*;

use super::*;

fn check(value: Value<'static>, text: &str, value_type: Option<&str>) {
    let (encoded, t) = value.encode();
    assert_eq!((encoded.as_ref(), t.map(ValueType::as_str)), (text, value_type));
    assert_eq!(Value::decode(text, value_type).unwrap(), value);
}

fn s(text: &'static str) -> Value<'static> {
    Value::String(Cow::Borrowed(text))
}

#[test]
fn a_string_is_kept_verbatim() {
    check(s("true"), "true", None);
    check(s(""), "", None);
}

#[test]
fn scalars_are_json_text() {
    check(Value::Int(-7), "-7", Some("int"));
    check(Value::Double(1.0), "1.0", Some("double"));
    check(Value::Double(f64::INFINITY), "inf", Some("double"));
    check(Value::Bool(true), "true", Some("bool"));
    check(Value::Bytes(Cow::Borrowed(b"\x00\xff")), "AP8=", Some("bytes"));
    check(Value::Empty, "", Some("empty"));
}

#[test]
fn nested_values_are_plain_json_where_that_loses_nothing() {
    check(Value::Array(vec![Value::Int(1), Value::Double(1.0), s("x")]), r#"[1,1.0,"x"]"#, Some("array"));
    check(Value::Map(vec![("k".into(), Value::Bool(false))]), r#"{"k":false}"#, Some("map"));
    check(Value::Map(Vec::new()), "{}", Some("map"));
    check(Value::Array(vec![Value::Double(-0.0), Value::Double(0.5)]), "[-0.0,0.5]", Some("array"));
}

#[test]
fn nested_values_are_tagged_where_json_would_lose_something() {
    check(Value::Array(vec![Value::Empty]), r#"{"array":[{"empty":null}]}"#, Some("tagged"));
    let twice = Value::Map(vec![("k".into(), Value::Int(1)), ("k".into(), Value::Int(2))]);
    check(twice, r#"{"map":[["k",{"int":1}],["k",{"int":2}]]}"#, Some("tagged"));
}

#[test]
fn entries_of_maps_stay_in_their_order() {
    let map = Value::Map(vec![("z".into(), Value::Int(1)), ("a".into(), s("é\"")), ("m".into(), Value::Array(vec![]))]);
    check(map, r#"{"z":1,"a":"é\"","m":[]}"#, Some("map"));
}

#[test]
fn the_deepest_values_can_be_read_back() {
    for leaf in [Value::Int(1), Value::Bytes(Cow::Borrowed(b"x"))] {
        let mut value = leaf;
        for depth in 0..NESTING_DEPTH_MAX {
            let map = depth % 2 == 0;
            value = if map { Value::Map(vec![("k".into(), value)]) } else { Value::Array(vec![value]) };
        }
        let (text, t) = value.encode();
        assert_eq!(Value::decode(&text, t.map(ValueType::as_str)).unwrap(), value);
    }
    let maps = (0..NESTING_DEPTH_MAX).fold(Value::Empty, |value, _| Value::Map(vec![("k".into(), value)]));
    let (text, t) = maps.encode();
    assert_eq!(Value::decode(&text, t.map(ValueType::as_str)).unwrap(), maps);
}

#[test]
fn not_a_number_survives() {
    let nested = Value::Array(vec![Value::Double(f64::NAN)]);
    let (text, t) = nested.encode();
    let Value::Array(items) = Value::decode(&text, t.map(ValueType::as_str)).unwrap() else { panic!("no array") };
    assert!(matches!(items[0], Value::Double(d) if d.is_nan()));
}

#[test]
fn damaged_text_is_an_error() {
    assert!(Value::decode("x", Some("int")).is_err());
    assert!(Value::decode("[1", Some("array")).is_err());
    assert!(Value::decode("{}", Some("array")).is_err());
    assert!(Value::decode("[null]", Some("array")).is_err());
    assert!(Value::decode("[18446744073709551615]", Some("array")).is_err());
    assert!(Value::decode("1", Some("map")).is_err());
    assert!(Value::decode("?", Some("bytes")).is_err());
    assert!(Value::decode("1", Some("colour")).is_err());
    assert!(Value::decode(r#"{"map":[["k"]]}"#, Some("tagged")).is_err());
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Empty),
        ".*".prop_map(|t| Value::String(Cow::Owned(t))),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("NaN is not equal to itself", |d| !d.is_nan()).prop_map(Value::Double),
        any::<Vec<u8>>().prop_map(|b| Value::Bytes(Cow::Owned(b))),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|m| Value::Map(m.into_iter().map(|(k, v)| (Cow::Owned(k), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_survives(value in any_value()) {
        let (text, t) = value.encode();
        let decoded = Value::decode(&text, t.map(ValueType::as_str)).unwrap();
        prop_assert_eq!(&decoded, &value);
    }
}
