//! What holds of the schema of every table.

use arrow::datatypes::{DataType, Field};

use crate::schema::Table;

/// Types that every engine reads the same way, and the names that Parquet itself gives to parts.
fn check(field: &Field, path: &str) {
    let path = format!("{path}.{}", field.name());
    match field.data_type() {
        DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::Boolean | DataType::Utf8 => {}
        DataType::Utf8View | DataType::BinaryView => {
            assert_eq!(path.matches('.').count(), 1, "{path}: views stand at the top only");
        }
        DataType::Struct(children) => children.iter().for_each(|child| check(child, &path)),
        DataType::List(element) => {
            assert_eq!(element.name(), "element", "{path}");
            check(element, &path);
        }
        DataType::Map(entries, is_sorted) => {
            assert_eq!(entries.name(), "key_value", "{path}");
            assert!(!is_sorted);
            check(entries, &path);
        }
        other => panic!("{path} is {other}"),
    }
}

#[test]
fn every_column_has_a_type_that_others_read() {
    for table in Table::ALL {
        let schema = table.schema();
        assert_eq!(schema.field(0).name(), "hour", "{table}");
        schema.fields().iter().for_each(|field| check(field, table.name()));
        for name in table.statistics_columns() {
            assert!(schema.field_with_name(name).is_ok(), "{table} has no {name}");
        }
    }
}

#[test]
fn every_table_is_fed_by_the_log_or_has_windows_that_fill_an_hour() {
    for table in Table::ALL {
        assert_ne!(Table::LOGGED.contains(&table), Table::WINDOWED.contains(&table), "{table}");
        let length_ns = table.window_length_ns();
        assert_eq!(length_ns.is_some(), Table::WINDOWED.contains(&table), "{table}");
        assert!(length_ns.is_none_or(|length_ns| crate::time::HOUR_NS % length_ns == 0), "{table}");
    }
}
