//! Pages of metrics in Prometheus' text formats.

use std::collections::BTreeMap;

use super::api::Labels;

/// A line with a sample, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Name and labels.
    pub series: &'a str,
    pub value: &'a str,
    /// What stands behind the value, with the blank before it: a time, an exemplar, or nothing.
    pub rest: &'a str,
}

impl<'a> Line<'a> {
    /// `None` for empty lines and comments.
    ///
    /// # Panics
    /// On a line that is neither these nor a sample.
    pub fn read(line: &'a str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let end = end_of_series(line).unwrap_or_else(|| panic!("{line:?} has no value"));
        let (series, behind) = line.split_at(end);
        let behind = behind.trim_start();
        let (value, rest) = behind.split_at(behind.find(' ').unwrap_or(behind.len()));
        Some(Self { series, value, rest })
    }

    pub fn name(&self) -> &'a str {
        self.series.split_once('{').map_or(self.series, |(name, _)| name)
    }

    /// The labels, the name among them.
    ///
    /// # Panics
    /// When they are none.
    pub fn labels(&self) -> Labels {
        let (name, mut rest) = self.series.split_once('{').unwrap_or((self.series, "}"));
        let mut labels = Labels::from([("__name__".to_owned(), name.to_owned())]);
        while rest != "}" {
            let (name, after) =
                rest.split_once("=\"").unwrap_or_else(|| panic!("{self:?} has a label without a value"));
            let (value, after) = quoted(after);
            labels.insert(name.to_owned(), value);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        labels
    }
}

/// The series of a page whose samples have no times, by their labels, and their values.
///
/// # Panics
/// On a line that is none.
pub fn series(page: &str) -> BTreeMap<Labels, f64> {
    let lines = page.lines().filter_map(Line::read);
    let value = |line: &Line<'_>| line.value.parse().unwrap_or_else(|_| panic!("the value of {line:?} is no number"));
    lines.map(|line| (line.labels(), value(&line))).collect()
}

/// Where the blank behind name and labels is.
fn end_of_series(line: &str) -> Option<usize> {
    let name = line.find(['{', ' '])?;
    if !line[name..].starts_with('{') {
        return Some(name);
    }
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in line.bytes().enumerate().skip(name) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            b'}' if !is_quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A text up to its quote, and what comes behind it.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            plain => value.push(plain),
        }
    }
    panic!("{text:?} has no end")
}

#[test]
fn labels_are_read() {
    let page = "# TYPE a counter\na 1\nb{} 2\n\nc{x=\"1\",y=\"a\\\"b\\\\c, }\"} 2.5\nd{x=\"ü\",} +Inf\n";
    let found: Vec<_> = series(page).into_values().collect();
    assert_eq!(found, [1.0, 2.0, 2.5, f64::INFINITY]);
    let labels = Labels::from([("__name__", "c"), ("x", "1"), ("y", "a\"b\\c, }")].map(|(n, v)| (n.into(), v.into())));
    assert_eq!(series(page)[&labels], 2.5);
}

#[test]
fn what_stands_behind_a_value_is_kept_apart() {
    let line = Line::read("a{x=\"} 1\"} 2 3.5 # {id=\"1\"} 4").expect("a sample");
    assert_eq!((line.series, line.value, line.rest), ("a{x=\"} 1\"}", "2", " 3.5 # {id=\"1\"} 4"));
}
