//! Reads pages, without the code that writes them.

use std::collections::BTreeMap;

/// A line of a page that is no comment.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// The trace of its exemplar.
    pub trace_id: Option<String>,
}

/// Samples and the types of the families, in their order.
#[derive(Debug, Default)]
pub struct Read {
    pub samples: Vec<Sample>,
    pub types: Vec<(String, String)>,
}

pub fn read(text: &str) -> Read {
    let mut read = Read::default();
    for line in text.lines() {
        match line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            Some((name, kind)) => read.types.push((name.to_owned(), kind.to_owned())),
            None if line.starts_with('#') => {}
            None => read.samples.push(sample(line)),
        }
    }
    read
}

fn sample(line: &str) -> Sample {
    let (line, exemplar) = line.split_once(" # ").map_or((line, None), |(line, rest)| (line, Some(rest)));
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("a sample has a value: {line}"));
    let (name, inside) = series.split_once('{').unwrap_or((series, "}"));
    let inside = inside.strip_suffix('}').unwrap_or_else(|| panic!("braces are closed: {line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("a value is a number: {line}"));
    let trace_id = exemplar.and_then(|text| Some(text.split_once("trace_id=\"")?.1.split_once('"')?.0.to_owned()));
    Sample { name: name.to_owned(), labels: labels(inside), value, trace_id }
}

/// No value in these pages has a quote in it.
fn labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let (value, rest) = rest.split_once('"').unwrap_or_else(|| panic!("quotes are closed: {text}"));
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "{name} is there once");
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    assert!(text.is_empty(), "{text}");
    labels
}

impl Sample {
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}
