//! What holds of every table of windows.

use super::{unwritten, written};
use crate::schema::Table;

#[test]
fn every_table_is_fed_by_the_log_or_has_windows_that_fill_an_hour() {
    for table in Table::ALL {
        assert_ne!(Table::FLUSHED.contains(&table), Table::WINDOWED.contains(&table), "{table}");
        let length_ns = table.window_length_ns();
        assert_eq!(length_ns.is_some(), Table::WINDOWED.contains(&table), "{table}");
        assert!(length_ns.is_none_or(|length_ns| crate::time::HOUR_NS % length_ns == 0), "{table}");
    }
}

#[test]
fn what_only_the_store_writes_has_the_types_of_the_schemas() {
    for table in Table::WINDOWED {
        let schema = table.schema();
        for ((name, written), unwritten) in written(2, 7, "w/0").into_iter().zip(unwritten(2)) {
            let field = schema.field_with_name(name).unwrap();
            assert_eq!(field.data_type(), written.data_type(), "{table}.{name}");
            assert_eq!(field.data_type(), unwritten.data_type(), "{table}.{name}");
        }
        assert!(schema.field_with_name("window_ns").is_ok(), "{table}");
    }
}
