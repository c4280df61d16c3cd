//! `docs/ledger.md` says of the ledger's tables what the code says.

use arrow::datatypes::{DataType, Field};
use spanloom_store::Table;
use spanloom_store::ledger::*;

use crate::formats::{page_named, table};

/// The name that the page has for a column's type.
fn type_text(field: &Field) -> String {
    let name = match (field.name().as_str(), field.data_type()) {
        ("latency", DataType::Struct(_)) => "histogram".to_owned(),
        ("split", DataType::Struct(_)) => "split".to_owned(),
        ("exemplars", DataType::List(_)) => "exemplars".to_owned(),
        (_, other) => full_type(other),
    };
    if field.is_nullable() { format!("{name}, null") } else { name }
}

/// A type with everything in it.
fn full_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Int64 => "long".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Utf8 | DataType::Utf8View => "string".to_owned(),
        DataType::List(element) => format!("list<{}>", full_type(element.data_type())),
        DataType::Struct(fields) => {
            let field = |field: &std::sync::Arc<Field>| format!("{}: {}", field.name(), full_type(field.data_type()));
            format!("struct<{}>", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { panic!("{entries}") };
            format!("map<{},{}>", full_type(fields[0].data_type()), full_type(fields[1].data_type()))
        }
        other => panic!("{other} has no name in the page"),
    }
}

#[test]
fn columns_are_listed_in_order_with_their_types() {
    let page = page_named("ledger.md");
    let sides = table(&page, "fields: side");
    for (mark, tables) in [
        ("edges", &[Table::Edges, Table::Edges1m, Table::Edges10m][..]),
        ("operations", &[Table::Operations]),
        ("identities", &[Table::Identities]),
    ] {
        let mut listed = Vec::new();
        for row in table(&page, &format!("columns: {mark}")) {
            let side = |prefix: &str| -> Vec<_> {
                sides.iter().map(|field| [format!("{prefix}_{}", field[0]), field[1].clone()]).collect()
            };
            match row[0].as_str() {
                "*the source*" => listed.extend(side("source")),
                "*the target*" => listed.extend(side("target")),
                _ => listed.push([row[0].clone(), row[1].clone()]),
            }
        }
        for table in tables {
            let schema = table.schema();
            let expected: Vec<_> = schema.fields().iter().map(|f| [f.name().clone(), type_text(f)]).collect();
            assert_eq!(listed, expected, "{table}");
        }
    }
}

#[test]
fn types_of_measures_are_spelled_out() {
    let page = page_named("ledger.md");
    let schema = Table::Edges.schema();
    for name in ["latency", "exemplars"] {
        let spelled = full_type(schema.field_with_name(name).unwrap().data_type());
        assert!(page.contains(&format!("`{spelled}`")), "{name} is {spelled}");
    }
    let split = full_type(schema.field_with_name("split").unwrap().data_type());
    let part = "struct<requests: double, sum_ns: long>";
    let segments: Vec<String> = Segment::ALL.iter().map(|segment| format!("{segment}: {part}")).collect();
    assert_eq!(split, format!("struct<{}>", segments.join(", ")));
}

#[test]
fn every_word_is_on_the_page() {
    let page = page_named("ledger.md");
    let sets: [Vec<&str>; 9] = [
        Observer::ALL.iter().map(|word| word.as_str()).collect(),
        Evidence::ALL.iter().map(|word| word.as_str()).collect(),
        Protocol::ALL.iter().map(|word| word.as_str()).collect(),
        Outcome::ALL.iter().map(|word| word.as_str()).collect(),
        Reason::ALL.iter().map(|word| word.as_str()).collect(),
        SideKind::ALL.iter().map(|word| word.as_str()).collect(),
        Segment::ALL.iter().map(|word| word.as_str()).collect(),
        NameKind::ALL.iter().map(|word| word.as_str()).collect(),
        Origin::ALL.iter().map(|word| word.as_str()).collect(),
    ];
    for word in sets.iter().flatten() {
        assert!(page.contains(&format!("`{word}`")), "{word}");
    }
    for table in Table::WINDOWED {
        assert!(page.contains(&format!("`{table}`")), "{table}");
        assert_eq!(table.statistics_columns(), ["window_ns"]);
    }
}
