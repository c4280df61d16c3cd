//! Pages of metrics in Prometheus' text format, as an Envoy shows them: no times, no exemplars.

use std::collections::BTreeMap;

use super::api::Labels;

/// The series of a page, by their labels, and their values.
///
/// # Panics
/// On a line that is none.
pub fn series(page: &str) -> BTreeMap<Labels, f64> {
    page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

fn line(line: &str) -> (Labels, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?} has no value"));
    let value = value.parse().unwrap_or_else(|_| panic!("the value of {line:?} is no number"));
    let (name, rest) = series.split_once('{').unwrap_or((series, "}"));
    let mut labels = Labels::from([("__name__".to_owned(), name.to_owned())]);
    let mut rest = rest;
    while rest != "}" {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line:?} has a label without a value"));
        let (value, after) = quoted(after);
        labels.insert(name.to_owned(), value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    (labels, value)
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
