//! Serializers of fields that are not in JSON what they are in Rust.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::{Serialize as _, Serializer};

use super::PartialStatus;
use crate::otlp::json;

/// Decimal digits.
pub(super) fn digits<S: Serializer>(number: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

/// A number, or the name of what JSON has no number for.
pub(super) fn double<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    json::double(*number).serialize(serializer)
}

pub(super) fn key_values<S: Serializer>(attributes: &[KeyValue], serializer: S) -> Result<S::Ok, S::Error> {
    json::key_values(attributes.to_vec()).serialize(serializer)
}

/// The name of a status.
pub(super) fn status<S: Serializer>(status: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    let name = match PartialStatus::try_from(*status) {
        Ok(PartialStatus::Partial) => "PARTIAL",
        Ok(PartialStatus::Complete) | Err(_) => "COMPLETE",
    };
    serializer.serialize_str(name)
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
