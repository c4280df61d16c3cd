//! What a text calls a series: `name`, `name{label="value",...}`, `{"name",label="value",...}`.
//!
//! Source: Prometheus' "Exposition formats" and "UTF-8 in Prometheus"; a comma may stand behind the last label.

use std::borrow::Cow;

use spanloom_store::series::label;

use super::cursor::{Cursor, Quotes, unescaped};
use super::entry::LabelText;
use super::error::Problem;
use super::number::normal_bound;

pub const LE: &str = label::LE;
/// The label that holds a summary's quantile.
pub const QUANTILE: &str = "quantile";

/// Whether blanks may stand between the parts: in text 0.0.4 but not in OpenMetrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    Free,
    None,
}

/// What is wrong with a series, and at which byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    pub at: usize,
    pub problem: Problem,
}

/// A part of what stands between braces, escapes and all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Name(&'a str),
    Label { name: &'a str, value: &'a str },
}

/// The parts of a series, one by one. Ends behind the closing brace; what follows is left to be read.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    pub cursor: Cursor<'a>,
    spacing: Spacing,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No name yet, and no brace.
    Start,
    Braces,
    End,
}

impl<'a> Parts<'a> {
    pub fn of_series(text: &'a str, spacing: Spacing) -> Self {
        Self { cursor: Cursor::new(text), spacing, state: State::Start }
    }

    /// The parts behind an open brace.
    pub fn in_braces(cursor: Cursor<'a>, spacing: Spacing) -> Self {
        Self { cursor, spacing, state: State::Braces }
    }

    fn skip(&mut self) {
        if self.spacing == Spacing::Free {
            self.cursor.skip_blank();
        }
    }

    fn expected(&self, what: &'static str) -> Malformed {
        Malformed { at: self.cursor.at(), problem: Problem::Expected(what) }
    }

    /// The name before the braces.
    fn start(&mut self) -> Result<Option<Part<'a>>, Malformed> {
        let name = self.cursor.name(|byte| byte == b':');
        self.skip();
        self.state = if self.cursor.eat(b'{') { State::Braces } else { State::End };
        if !name.is_empty() {
            return Ok(Some(Part::Name(name)));
        }
        if self.state == State::Braces { self.part() } else { Err(self.expected("a metric's name")) }
    }

    fn part(&mut self) -> Result<Option<Part<'a>>, Malformed> {
        self.skip();
        if self.cursor.eat(b'}') {
            self.state = State::End;
            return Ok(None);
        }
        let is_quoted = self.cursor.peek() == Some(b'"');
        let name = if is_quoted { self.cursor.quoted() } else { Some(self.cursor.name(|_| false)) };
        let name = name.filter(|name| is_quoted || !name.is_empty()).ok_or_else(|| self.expected("a label's name"))?;
        self.skip();
        if is_quoted && matches!(self.cursor.peek(), Some(b',' | b'}')) {
            self.end_part()?;
            return Ok(Some(Part::Name(name)));
        }
        if !self.cursor.eat(b'=') {
            return Err(self.expected("="));
        }
        self.skip();
        let value = self.cursor.quoted().ok_or_else(|| self.expected("a label's value in quotes"))?;
        self.skip();
        self.end_part()?;
        Ok(Some(Part::Label { name, value }))
    }

    fn end_part(&mut self) -> Result<(), Malformed> {
        if self.cursor.eat(b',') || self.cursor.peek() == Some(b'}') { Ok(()) } else { Err(self.expected(", or }")) }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let part = match self.state {
            State::Start => self.start(),
            State::Braces => self.part(),
            State::End => return None,
        };
        if part.is_err() {
            self.state = State::End;
        }
        part.transpose()
    }
}

/// Appends all labels of a series, the name among them.
pub fn labels<'a>(
    series: &'a str,
    spacing: Spacing,
    bound: Option<&'static str>,
    into: &mut Vec<LabelText<'a>>,
) -> Result<(), Malformed> {
    let (mut parts, mut is_named) = (Parts::of_series(series, spacing), false);
    while let Some(part) = parts.next() {
        match part? {
            Part::Name(_) if is_named => return Err(Malformed { at: parts.cursor.at(), problem: Problem::NamedTwice }),
            Part::Name(name) => {
                is_named = true;
                into.push((Cow::Borrowed(label::NAME), unescaped(name, Quotes::Escaped)));
            }
            Part::Label { name, value } => into.push(label_of(name, value, bound)),
        }
    }
    if !parts.cursor.rest().is_empty() {
        return Err(parts.expected("a value behind the series"));
    }
    if is_named { Ok(()) } else { Err(Malformed { at: 0, problem: Problem::Expected("a metric's name") }) }
}

fn label_of<'a>(name: &'a str, value: &'a str, bound: Option<&'static str>) -> LabelText<'a> {
    let name = unescaped(name, Quotes::Escaped);
    let value = unescaped(value, Quotes::Escaped);
    if bound.is_some_and(|bound| bound == name) { (name, normal_bound(value)) } else { (name, value) }
}

/// The name of a series, escapes and all. Empty when it has none, or none that can be read.
pub fn name(series: &str) -> &str {
    let mut parts = Parts::of_series(series, Spacing::Free);
    parts.find_map(|part| if let Ok(Part::Name(name)) = part { Some(name) } else { None }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(series: &str, spacing: Spacing) -> Result<String, Malformed> {
        let mut found = Vec::new();
        labels(series, spacing, Some(LE), &mut found)?;
        Ok(found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    fn check(series: &str, expected: &str) {
        assert_eq!(read(series, Spacing::Free).as_deref(), Ok(expected), "{series}");
    }

    fn check_refused(series: &str, at: usize, problem: Problem) {
        assert_eq!(read(series, Spacing::Free), Err(Malformed { at, problem }), "{series}");
    }

    #[test]
    fn a_series_is_a_name_and_labels() {
        check("up", "__name__=up");
        check("a:b_1{}", "__name__=a:b_1");
        check(r#"up{a="1",b="2"}"#, "__name__=up a=1 b=2");
        check(r#"up{a="1",}"#, "__name__=up a=1");
        check("up { a = \"1\" ,\tb=\"2\" , }", "__name__=up a=1 b=2");
        check(r#"up{a="x\"}\\\n"}"#, "__name__=up a=x\"}\\\n");
    }

    #[test]
    fn names_in_quotes_are_any_text() {
        check(r#"{"my.metric"}"#, "__name__=my.metric");
        check(r#"{"my.metric",a="1","b.c"="2"}"#, "__name__=my.metric a=1 b.c=2");
        check(r#"{a="1","my \"metric\""}"#, r#"a=1 __name__=my "metric""#);
    }

    #[test]
    fn bounds_are_written_one_way() {
        check(r#"h_bucket{le="1",x="1"}"#, "__name__=h_bucket le=1.0 x=1");
        check(r#"h_bucket{le="0.5"}"#, "__name__=h_bucket le=0.5");
    }

    #[test]
    fn what_is_no_series_says_where() {
        check_refused("1up", 0, Problem::Expected("a metric's name"));
        check_refused("{}", 0, Problem::Expected("a metric's name"));
        check_refused(r#"{a="1"}"#, 0, Problem::Expected("a metric's name"));
        check_refused(r#"up{"other"}"#, 10, Problem::NamedTwice);
        check_refused("up{,}", 3, Problem::Expected("a label's name"));
        check_refused(r#"up{a="1",,}"#, 9, Problem::Expected("a label's name"));
        check_refused(r#"up{a="1" b="2"}"#, 9, Problem::Expected(", or }"));
        check_refused(r#"up{a=1}"#, 5, Problem::Expected("a label's value in quotes"));
        check_refused(r#"up{a="1}"#, 5, Problem::Expected("a label's value in quotes"));
        check_refused(r#"up{a"1"}"#, 4, Problem::Expected("="));
        check_refused(r#"up{1a="1"}"#, 3, Problem::Expected("a label's name"));
        check_refused(r#"up{a="1"}x}"#, 9, Problem::Expected("a value behind the series"));
        check_refused("up-1", 2, Problem::Expected("a value behind the series"));
    }

    #[test]
    fn strict_series_have_no_blanks() {
        assert!(read(r#"up{a="1",b="2"}"#, Spacing::None).is_ok());
        for series in [r#"up {a="1"}"#, r#"up{a= "1"}"#, r#"up{a="1", b="2"}"#, r#"up{ }"#] {
            assert!(read(series, Spacing::None).is_err(), "{series}");
        }
    }
}
