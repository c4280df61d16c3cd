//! A line of OpenMetrics text. Source: OpenMetrics 1.0, "ABNF"; names in quotes as Prometheus 3 has them.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use spanloom_store::series::MetricKind;

use crate::exposition::cursor::{Cursor, Quotes, unescaped};
use crate::exposition::entry::{LabelText, ScrapedExemplar};
use crate::exposition::error::{Problem, shown};
use crate::exposition::family::Said;
use crate::exposition::number::{float, seconds_ms};
use crate::exposition::series::{self, Malformed, Part, Parts, Spacing};
use crate::exposition::text::family_name;

/// What a line says.
pub enum Line<'p> {
    Family(Cow<'p, str>, Said<'p>),
    Sample(Sample<'p>),
}

/// A sample whose labels have not been read.
pub struct Sample<'p> {
    pub key: &'p str,
    /// The series' name, escapes and all.
    pub name: &'p str,
    pub value: f64,
    pub time_ms: Option<i64>,
    pub exemplar: Option<ScrapedExemplar<'p>>,
}

pub fn read(line: &str) -> Result<Line<'_>, Malformed> {
    if line.starts_with('#') { family(line) } else { sample(line).map(Line::Sample) }
}

fn family(line: &str) -> Result<Line<'_>, Malformed> {
    let not_one = Malformed { at: 0, problem: Problem::Comment };
    let Some((word, _)) = line.strip_prefix("# ").and_then(|text| text.split_once(' ')) else { return Err(not_one) };
    if !matches!(word, "HELP" | "TYPE" | "UNIT") {
        return Err(not_one);
    }
    let at = "# HELP ".len();
    let mut cursor = Cursor::new(&line[at..]);
    let name = family_name(&mut cursor).map_err(|malformed| Malformed { at: at + malformed.at, ..malformed })?;
    let text_at = at + cursor.at() + 1;
    if !cursor.eat(b' ') {
        return Err(Malformed { at: text_at - 1, problem: Problem::Expected("text behind the name of a family") });
    }
    let said = said(word, &name, cursor.rest()).map_err(|problem| Malformed { at: text_at, problem })?;
    Ok(Line::Family(name, said))
}

fn said<'p>(word: &str, name: &str, text: &'p str) -> Result<Said<'p>, Problem> {
    match word {
        "HELP" => Ok(Said::Help(unescaped(text, Quotes::Escaped))),
        "TYPE" => match text {
            // A word of the older text only.
            "untyped" => Err(Problem::Kind(shown(text))),
            _ => MetricKind::named(text).map(Said::Kind).ok_or_else(|| Problem::Kind(shown(text))),
        },
        _ => {
            let is_suffix = name.strip_suffix(text).is_some_and(|before| text.is_empty() || before.ends_with('_'));
            if is_suffix { Ok(Said::Unit(text)) } else { Err(Problem::Unit(shown(text))) }
        }
    }
}

fn sample(line: &str) -> Result<Sample<'_>, Malformed> {
    if !matches!(line.as_bytes().first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | b'{')) {
        return Err(Malformed { at: 0, problem: Problem::Expected("a metric's name") });
    }
    let end = series_end(line)?;
    let (key, rest) = line.split_at(end);
    let (numbers, exemplar) = match rest.find(" # ") {
        Some(at) => (&rest[..at], Some(end + at + " # ".len())),
        None => (rest, None),
    };
    let (value, time_ms) = value_and_time(numbers, end)?;
    let name = series_name(key);
    let exemplar = exemplar.map(|at| exemplar_at(line, at, name)).transpose()?;
    Ok(Sample { key, name, value, time_ms, exemplar })
}

/// Where the series ends. In a line without exemplar only labels have braces, so that the last one is theirs.
fn series_end(line: &str) -> Result<usize, Malformed> {
    let bytes = line.as_bytes();
    if memchr(b'#', bytes).is_none() {
        let space = || memchr(b' ', bytes).unwrap_or(line.len());
        return Ok(memrchr(b'}', bytes).map_or_else(space, |brace| brace + 1));
    }
    let mut parts = Parts::of_series(line, Spacing::None);
    parts.by_ref().try_for_each(|part| part.map(|_| ()))?;
    Ok(parts.cursor.at())
}

/// The name, which stands before the braces unless it is in quotes.
fn series_name(key: &str) -> &str {
    match memchr(b'{', key.as_bytes()) {
        Some(0) => series::name(key),
        Some(brace) => &key[..brace],
        None => key,
    }
}

/// ` value` or ` value time`, with one space before each. `at` is where that stands in the line.
fn value_and_time(text: &str, at: usize) -> Result<(f64, Option<i64>), Malformed> {
    let malformed = |problem| Malformed { at: at + 1, problem };
    let numbers = text.strip_prefix(' ').ok_or_else(|| malformed(Problem::Expected("a space and a value")))?;
    let (value, time) = numbers.split_once(' ').map_or((numbers, None), |(value, time)| (value, Some(time)));
    let value = float(value).ok_or_else(|| malformed(Problem::Value(shown(value))))?;
    let time_ms = time.map(|time| seconds_ms(time).ok_or_else(|| malformed(Problem::Time(shown(time))))).transpose()?;
    Ok((value, time_ms))
}

fn exemplar_at<'p>(line: &'p str, at: usize, name: &str) -> Result<ScrapedExemplar<'p>, Malformed> {
    if !name.ends_with("_total") && !name.ends_with("_bucket") {
        return Err(Malformed { at, problem: Problem::ExemplarPlace });
    }
    let behind = |malformed: Malformed| Malformed { at: at + malformed.at, ..malformed };
    let mut cursor = Cursor::new(&line[at..]);
    if !cursor.eat(b'{') {
        return Err(Malformed { at, problem: Problem::Expected("{ of an exemplar's labels") });
    }
    let mut parts = Parts::in_braces(cursor, Spacing::None);
    let labels = exemplar_labels(&mut parts).map_err(behind)?;
    let (value, time_ms) = value_and_time(parts.cursor.rest(), at + parts.cursor.at())?;
    Ok(ScrapedExemplar { labels, value, time_ms })
}

fn exemplar_labels<'p>(parts: &mut Parts<'p>) -> Result<Vec<LabelText<'p>>, Malformed> {
    let mut labels = Vec::new();
    while let Some(part) = parts.next() {
        let Part::Label { name, value } = part? else {
            return Err(Malformed { at: parts.cursor.at(), problem: Problem::Expected("=") });
        };
        labels.push((unescaped(name, Quotes::Escaped), unescaped(value, Quotes::Escaped)));
    }
    Ok(labels)
}
