//! Values of attributes as Tempo's messages have them.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use spanloom_store::value::Value;

use crate::otlp;

/// Attributes of spans, spansets and series.
///
/// A strict decoder knows strings, numbers, truth values and arrays of them. Maps and bytes, which TraceQL compares with
/// nothing, are sent as the text that tables have of them; what says nothing is left out.
pub(crate) fn key_values(attributes: Vec<(String, Value<'static>)>) -> Vec<KeyValue> {
    let said = attributes.into_iter().filter(|(_, value)| *value != Value::Empty);
    said.map(|(key, value)| KeyValue { key, value: Some(otlp::any_value(plain(value))), key_strindex: 0 }).collect()
}

fn plain(value: Value<'static>) -> Value<'static> {
    match value {
        Value::Map(_) | Value::Bytes(_) => Value::String(value.encode().0.into_owned().into()),
        Value::Array(values) => {
            let said = values.into_iter().filter(|value| *value != Value::Empty);
            Value::Array(said.map(plain).collect())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Kind;

    use super::*;

    fn check(value: Value<'static>, expected: Option<Kind>) {
        let sent = key_values(vec![("k".to_owned(), value)]);
        assert_eq!(sent.into_iter().next().map(|sent| sent.value.unwrap().value.unwrap()), expected);
    }

    #[test]
    fn scalars_are_themselves() {
        check(Value::Int(-1), Some(Kind::IntValue(-1)));
        check(Value::String("a".into()), Some(Kind::StringValue("a".to_owned())));
        check(Value::Empty, None);
    }

    #[test]
    fn what_strict_decoders_do_not_know_is_text() {
        let map = Value::Map(vec![("a".into(), Value::Int(1))]);
        check(map.clone(), Some(Kind::StringValue(r#"{"a":1}"#.to_owned())));
        check(Value::Bytes(vec![0, 255].into()), Some(Kind::StringValue("AP8=".to_owned())));
        let Some(Kind::ArrayValue(array)) =
            key_values(vec![("k".to_owned(), Value::Array(vec![map, Value::Empty]))])[0].value.clone().unwrap().value
        else {
            panic!("an array stays one")
        };
        assert_eq!(array.values.len(), 1);
        assert_eq!(array.values[0].value, Some(Kind::StringValue(r#"{"a":1}"#.to_owned())));
    }
}
