//! Values of attributes as text.
//!
//! Source: OpenTelemetry specification, "Common", "AnyValue representation for non-OTLP protocols": texts as they are,
//! numbers in decimal, bytes in base64, lists and maps in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use serde_json::Value as Json;

/// How deeply values may be nested.
const DEPTH_MAX: usize = 24;

/// The text of a value; `None` when it is nested too deeply.
pub fn text(value: Option<&AnyValue>) -> Option<String> {
    match value.and_then(|any| any.value.as_ref()) {
        None => Some(String::new()),
        Some(Value::StringValue(text)) => Some(text.clone()),
        Some(Value::BoolValue(flag)) => Some(flag.to_string()),
        Some(Value::IntValue(int)) => Some(int.to_string()),
        Some(Value::DoubleValue(double)) => Some(double_text(*double)),
        Some(Value::BytesValue(bytes)) => Some(STANDARD.encode(bytes)),
        Some(nested) => json(Some(nested), DEPTH_MAX).map(|json| json.to_string()),
    }
}

/// In decimal where that is readable, with an exponent otherwise.
fn double_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let is_readable = value == 0.0 || value.is_nan() || (1e-6..1e21).contains(&value.abs());
    if is_readable { value.to_string() } else { format!("{value:e}") }
}

fn json(value: Option<&Value>, depth_left: usize) -> Option<Json> {
    Some(match value {
        None | Some(Value::StringValueStrindex(_)) => Json::Null,
        Some(Value::StringValue(text)) => Json::String(text.clone()),
        Some(Value::BoolValue(flag)) => Json::Bool(*flag),
        Some(Value::IntValue(int)) => Json::from(*int),
        // What is no number in JSON is its text.
        Some(Value::DoubleValue(double)) if !double.is_finite() => Json::String(double_text(*double)),
        Some(Value::DoubleValue(double)) => Json::from(*double),
        Some(Value::BytesValue(bytes)) => Json::String(STANDARD.encode(bytes)),
        Some(Value::ArrayValue(array)) => {
            let depth_left = depth_left.checked_sub(1)?;
            array.values.iter().map(|item| json(item.value.as_ref(), depth_left)).collect::<Option<Json>>()?
        }
        Some(Value::KvlistValue(list)) => {
            let depth_left = depth_left.checked_sub(1)?;
            let entries = list.values.iter().map(|entry| {
                let value = entry.value.as_ref().and_then(|any| any.value.as_ref());
                Some((entry.key.clone(), json(value, depth_left)?))
            });
            Json::Object(entries.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

    use super::*;

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn check(value: Value, expected: &str) {
        assert_eq!(text(Some(&any(value))).as_deref(), Some(expected));
    }

    #[test]
    fn scalars_are_their_texts() {
        check(Value::StringValue("a \"b\"".to_owned()), "a \"b\"");
        check(Value::BoolValue(true), "true");
        check(Value::IntValue(-7), "-7");
        check(Value::DoubleValue(1.0), "1");
        check(Value::DoubleValue(0.25), "0.25");
        check(Value::DoubleValue(1e300), "1e300");
        check(Value::DoubleValue(f64::NAN), "NaN");
        check(Value::DoubleValue(f64::NEG_INFINITY), "-Infinity");
        check(Value::BytesValue(vec![1, 2, 255]), "AQL/");
        assert_eq!(text(None).as_deref(), Some(""));
    }

    #[test]
    fn lists_and_maps_are_json() {
        let list = || ArrayValue { values: vec![any(Value::StringValue("a".to_owned())), any(Value::IntValue(2))] };
        check(Value::ArrayValue(list()), r#"["a",2]"#);
        let entry =
            KeyValue { key: "k".to_owned(), value: Some(any(Value::ArrayValue(list()))), ..KeyValue::default() };
        check(Value::KvlistValue(KeyValueList { values: vec![entry] }), r#"{"k":["a",2]}"#);
    }

    #[test]
    fn nesting_ends() {
        let deep = |levels| {
            (0..levels)
                .fold(any(Value::IntValue(1)), |inner, _| any(Value::ArrayValue(ArrayValue { values: vec![inner] })))
        };
        assert!(text(Some(&deep(DEPTH_MAX))).is_some());
        assert_eq!(text(Some(&deep(DEPTH_MAX + 1))), None);
    }
}
