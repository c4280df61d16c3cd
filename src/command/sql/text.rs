//! Answers as text: aligned columns, or CSV.

use serde::Deserialize;
use serde_json::Value;

/// `POST /api/v1/sql`'s answer.
#[derive(Debug, Deserialize)]
pub struct Answer {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
}

impl Answer {
    fn header(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    fn lines(&self, cell: fn(&Value) -> String) -> Vec<Vec<String>> {
        let rows = self.rows.iter().map(|row| row.iter().map(cell).collect());
        std::iter::once(self.header()).chain(rows).collect()
    }
}

/// Columns aligned under their names, numbers to the right, and the number of rows below.
pub fn table(answer: &Answer) -> String {
    let lines = answer.lines(|value| plain(value).replace(['\n', '\r', '\t'], " "));
    let columns = answer.columns.len();
    let width =
        |i: usize| lines.iter().filter_map(|line| line.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let is_number: Vec<_> = (0..columns).map(|i| is_number(answer, i)).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<_> = line
            .iter()
            .zip(&widths)
            .zip(&is_number)
            .map(|((cell, width), is_number)| pad(cell, *width, *is_number))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
        if number == 0 {
            let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text.push_str(&rule.join("  "));
            text.push('\n');
        }
    }
    let count = answer.rows.len();
    text.push_str(&format!("({count} {})\n", if count == 1 { "row" } else { "rows" }));
    text
}

fn is_number(answer: &Answer, column: usize) -> bool {
    let mut cells = answer.rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_null()).peekable();
    cells.peek().is_some() && cells.all(Value::is_number)
}

fn pad(cell: &str, width: usize, to_the_right: bool) -> String {
    if to_the_right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
}

/// RFC 4180 with a header line. An absent value is an empty cell, an empty text a quoted one.
pub fn csv(answer: &Answer) -> String {
    let header = answer.header().iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
    let rows = answer.rows.iter().map(|row| row.iter().map(csv_cell).collect::<Vec<_>>().join(","));
    std::iter::once(header).chain(rows).map(|line| line + "\r\n").collect()
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        value => quoted(&plain(value)),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        serde_json::from_value(serde_json::json!({
            "columns": [{ "name": "service", "type": "Utf8" }, { "name": "n", "type": "Int64" }, { "name": "note", "type": "Utf8" }],
            "rows": [["cart", 12, null], ["a \"b\",\nc", 3, ""]],
            "row_count": 2
        }))
        .unwrap()
    }

    #[test]
    fn columns_are_aligned() {
        let expected = "service    n  note\n\
                        --------  --  ----\n\
                        cart      12  null\n\
                        a \"b\", c   3\n\
                        (2 rows)\n";
        assert_eq!(table(&answer()), expected);
    }

    #[test]
    fn csv_quotes_what_it_must() {
        assert_eq!(csv(&answer()), "service,n,note\r\ncart,12,\r\n\"a \"\"b\"\",\nc\",3,\"\"\r\n");
    }

    #[test]
    fn no_rows_is_an_answer_too() {
        let answer = Answer { columns: vec![Column { name: "x".to_owned() }], rows: vec![] };
        assert_eq!(table(&answer), "x\n-\n(0 rows)\n");
        assert_eq!(csv(&answer), "x\r\n");
    }
}
