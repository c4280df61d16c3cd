//! Text 0.0.4. Source: Prometheus' "Exposition formats", and what its own reader lets pass: empty braces, a comma
//! behind the last label, families without TYPE or in pieces, any blanks, no end of line at the end. Carriage returns
//! are no blanks.
//!
//! `_created` series are series like others here. TYPE may be any word of OpenMetrics.

use std::borrow::Cow;
use std::cell::RefCell;

use memchr::{memchr, memrchr};
use spanloom_store::series::{MetricKind, SampleValue};

use super::cursor::{Cursor, Quotes, unescaped};
use super::entry::{Form, Scraped, Source, bound_of};
use super::error::{PageError, Place, Problem, shown};
use super::family::{Family, Said};
use super::number::float;
use super::out::{Out, Stop};
use super::series::{Malformed, Spacing};

/// Counters are called as their family is.
const COUNTER_SUFFIX: &str = "";

pub fn read(page: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    let unreadable = RefCell::new(None);
    let mut family = Family::default();
    for (number, line) in lines(page) {
        let failed = |malformed: Malformed| failed(number, line, malformed);
        let start = line.trim_start_matches([' ', '\t']);
        match start.as_bytes().first() {
            None => {}
            Some(b'#') => {
                if let Some((name, said)) = comment(line).map_err(failed)? {
                    out.metadata(family.say(name, said, COUNTER_SUFFIX))?;
                }
            }
            Some(_) => {
                out.metadata(family.tell(COUNTER_SUFFIX))?;
                let sample = sample(line, line.len() - start.len()).map_err(failed)?;
                let bound = bound_of(family.kind_of(sample.key));
                if let Some(mut malformed) = out.lazy_sample(&unreadable, sample.scraped(bound, &unreadable))? {
                    malformed.at += line.len() - start.len();
                    return Err(failed(malformed));
                }
            }
        }
    }
    out.metadata(family.tell(COUNTER_SUFFIX))
}

/// Lines with their numbers, from 1, without their ends.
pub(super) fn lines(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut left, mut number) = (page, 0);
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let end = memchr(b'\n', left.as_bytes()).unwrap_or(left.len());
        let line = &left[..end];
        left = left.get(end + 1..).unwrap_or_default();
        number += 1;
        Some((number, line))
    })
}

pub(super) fn failed(number: usize, line: &str, malformed: Malformed) -> Stop {
    let place = Place::Line { line: number, column: malformed.at + 1 };
    PageError::new(malformed.problem, place, line).into()
}

/// A sample whose labels have not been read.
struct Sample<'p> {
    key: &'p str,
    value: f64,
    time_ms: Option<i64>,
}

impl<'p> Sample<'p> {
    fn scraped<'a>(&self, bound: Option<&'static str>, unreadable: &'a RefCell<Option<Malformed>>) -> Scraped<'a>
    where
        'p: 'a,
    {
        Scraped {
            key: self.key,
            value: SampleValue::Float(self.value),
            time_ms: self.time_ms,
            start_ms: None,
            exemplars: Vec::new(),
            form: Form::Plain,
            source: Source::Text { spacing: Spacing::Free, bound, unreadable },
        }
    }
}

/// Splits a line into series, value and time. Neither value nor time has a brace: the last one ends the labels.
fn sample(line: &str, start: usize) -> Result<Sample<'_>, Malformed> {
    let bytes = line.as_bytes();
    if !matches!(bytes[start], b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | b'{') {
        return Err(Malformed { at: start, problem: Problem::Expected("a metric's name") });
    }
    let blank = || memchr::memchr2(b' ', b'\t', &bytes[start..]).map(|at| start + at);
    let end = memrchr(b'}', bytes).map(|brace| brace + 1).or_else(blank).unwrap_or(line.len());
    let (value, time_ms) = value_and_time(line, end)?;
    Ok(Sample { key: &line[start..end], value, time_ms })
}

fn value_and_time(line: &str, end: usize) -> Result<(f64, Option<i64>), Malformed> {
    let mut cursor = Cursor::new(&line[end..]);
    let malformed = |at: usize, problem| Malformed { at: end + at, problem };
    cursor.skip_blank();
    let (at, text) = (cursor.at(), cursor.word());
    if text.is_empty() {
        return Err(malformed(at, Problem::Expected("a value")));
    }
    let value = float(text).ok_or_else(|| malformed(at, Problem::Value(shown(text))))?;
    cursor.skip_blank();
    let (at, text) = (cursor.at(), cursor.word());
    if text.is_empty() {
        return Ok((value, None));
    }
    let time_ms = text.parse().map_err(|_| malformed(at, Problem::Time(shown(text))))?;
    cursor.skip_blank();
    if cursor.rest().is_empty() {
        return Ok((value, Some(time_ms)));
    }
    Err(malformed(cursor.at(), Problem::Trailing(shown(cursor.rest()))))
}

/// HELP or TYPE of a family; any other comment says nothing.
fn comment(line: &str) -> Result<Option<(Cow<'_, str>, Said<'_>)>, Malformed> {
    let mut cursor = Cursor::new(line);
    cursor.skip_blank();
    cursor.eat(b'#');
    let at = cursor.at();
    cursor.skip_blank();
    let is_apart = cursor.at() > at;
    let word = cursor.word();
    let at = cursor.at();
    cursor.skip_blank();
    if !is_apart || !matches!(word, "HELP" | "TYPE") || cursor.at() == at {
        return Ok(None);
    }
    let name = family_name(&mut cursor)?;
    let at = cursor.at();
    let text = cursor.rest();
    if word == "HELP" {
        // One blank parts the name from the text, which may begin with more of them.
        let help = text.strip_prefix([' ', '\t']).unwrap_or(text);
        return Ok(Some((name, Said::Help(unescaped(help, Quotes::Plain)))));
    }
    let kind = text.trim_matches([' ', '\t']);
    let known = MetricKind::named(kind).ok_or_else(|| Malformed { at: at + 1, problem: Problem::Kind(shown(kind)) })?;
    Ok(Some((name, Said::Kind(known))))
}

/// The name of a family, in quotes or not.
pub(super) fn family_name<'p>(cursor: &mut Cursor<'p>) -> Result<Cow<'p, str>, Malformed> {
    let at = cursor.at();
    let name = if cursor.peek() == Some(b'"') {
        cursor.quoted().map(|name| unescaped(name, Quotes::Escaped))
    } else {
        Some(Cow::Borrowed(cursor.name(|byte| byte == b':')))
    };
    let is_ended = matches!(cursor.peek(), None | Some(b' ' | b'\t'));
    name.filter(|name| !name.is_empty() && is_ended)
        .ok_or(Malformed { at, problem: Problem::Expected("the name of a family") })
}
