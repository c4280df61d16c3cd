//! `docs/formats.md` says of every table what the code says.

use arrow::datatypes::{DataType, Field, Fields};
use spanloom_store::Table;
use spanloom_store::schema::promoted::{self, ColumnType, Promoted};

fn page() -> String {
    page_named("formats.md")
}

/// The text of a page.
pub fn page_named(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The cells of the table behind a mark, without its head.
pub fn table(page: &str, mark: &str) -> Vec<Vec<String>> {
    let (_, behind) = page.split_once(&format!("<!-- {mark} -->\n")).unwrap_or_else(|| panic!("{mark} is not marked"));
    let rows = behind.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

fn type_text(field: &Field) -> String {
    let name = match field.data_type() {
        DataType::Int64 => "long",
        DataType::Int32 => "integer",
        DataType::Utf8 | DataType::Utf8View => "string",
        DataType::Map(..) => "map<string,string>",
        DataType::Float64 => "double",
        DataType::List(element) => match element.data_type() {
            DataType::Float64 => "list<double>",
            DataType::Int32 => "list<integer>",
            _ => "list<struct>",
        },
        other => panic!("{other} has no name in the page"),
    };
    if field.is_nullable() { format!("{name}, null") } else { name.to_owned() }
}

fn expected(fields: &Fields) -> Vec<[String; 2]> {
    fields.iter().map(|field| [field.name().clone(), type_text(field)]).collect()
}

fn promoted_rows(list: &[Promoted]) -> Vec<Vec<String>> {
    let type_name = |promoted: &Promoted| match promoted.column_type {
        ColumnType::String => "string",
        ColumnType::Int => "long",
    };
    list.iter().map(|p| vec![p.column.to_owned(), type_name(p).to_owned(), p.key.to_owned()]).collect()
}

#[test]
fn promoted_attributes_are_listed_with_column_type_and_key() {
    let page = page();
    assert_eq!(table(&page, "promoted: resource"), promoted_rows(promoted::RESOURCE));
    assert_eq!(table(&page, "promoted: span"), promoted_rows(promoted::SPAN));
}

#[test]
fn columns_are_listed_in_order_with_their_types() {
    let page = page();
    for name in Table::FLUSHED {
        let mut listed = Vec::new();
        for row in table(&page, &format!("columns: {name}")) {
            match row[0].as_str() {
                "*promoted resource attributes*" => listed.extend(nullable(promoted::RESOURCE)),
                "*promoted span attributes*" => listed.extend(nullable(promoted::SPAN)),
                _ => listed.push([row[0].clone(), row[1].clone()]),
            }
        }
        assert_eq!(listed, expected(name.schema().fields()), "{name}");
    }
}

fn nullable(list: &[Promoted]) -> impl Iterator<Item = [String; 2]> {
    promoted_rows(list).into_iter().map(|row| [row[0].clone(), format!("{}, null", row[1])])
}

#[test]
fn fields_of_lists_are_listed() {
    let page = page();
    for (name, column) in [(Table::Spans, "events"), (Table::Spans, "links"), (Table::Traces, "services")] {
        let schema = name.schema();
        let DataType::List(element) = schema.field_with_name(column).unwrap().data_type() else { panic!("{column}") };
        let DataType::Struct(fields) = element.data_type() else { panic!("{column}") };
        let listed: Vec<_> =
            table(&page, &format!("fields: {column}")).iter().map(|r| [r[0].clone(), r[1].clone()]).collect();
        assert_eq!(listed, expected(fields), "{column}");
    }
}

#[test]
fn check_values_of_buckets_are_right() {
    let page = page();
    let (_, behind) = page.split_once("Check values: ").unwrap();
    let (values, _) = behind.split_once(".\n").unwrap();
    let mut checked = 0;
    for value in values.split(", ") {
        let (key, bucket) = value.rsplit_once(' ').unwrap();
        let key = key.trim_matches('`').trim_matches('"');
        assert_eq!(promoted::bucket(key).to_string(), bucket, "{key:?}");
        checked += 1;
    }
    assert_eq!(checked, 5);
}

#[test]
fn columns_with_bounds_are_named() {
    let page = page();
    let (_, statistics) = page.split_once("**Statistics**").unwrap();
    let (statistics, _) = statistics.split_once("**Tags**").unwrap();
    for name in Table::FLUSHED {
        for column in name.statistics_columns() {
            assert!(statistics.contains(&format!("`{column}`")), "{column} of {name}");
        }
    }
}
