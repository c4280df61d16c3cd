//! Runs a script and says what failed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use regex::Regex;

use super::super::engine::{Range, Value};
use super::super::source::MemorySource;
use super::super::{ParseOptions, parse};
use super::answer::{Answered, Evaluator};
use super::script::{Command, Eval, Expected, ExpectedResult, Text, Times};
use super::storage::Storage;
use super::{compare, rerun, script};

/// What became of an `eval`.
#[derive(Debug)]
pub struct Outcome {
    /// In the script, from 1.
    pub line: usize,
    pub text: String,
    /// How often the evaluator was asked.
    pub asked: usize,
    pub failures: Vec<Failure>,
}

/// A question whose answer is not the expected one.
#[derive(Debug)]
pub struct Failure {
    pub mode: Mode,
    pub text: String,
    pub what: String,
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the script says.
    Plain,
    /// At another time, with `@` on every selector.
    Held(i64),
    /// As the middle of three steps.
    Middle(i64),
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("as written"),
            Self::Held(time_ms) => write!(f, "held by @, at {time_ms} ms"),
            Self::Middle(time_ms) => write!(f, "as a range around {time_ms} ms"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.text)?;
        let Some(first) = self.failures.first() else { return write!(f, "\n    passed, asked {} times", self.asked) };
        write!(f, "\n    {} of {} failed; {}", self.failures.len(), self.asked, first.mode)?;
        if first.text != self.text {
            write!(f, ": {}", first.text)?;
        }
        write!(f, "\n    {}", first.what)
    }
}

/// Runs the evals of a script, or only that of one line. An eval of which the evaluator panics has failed.
///
/// # Errors
/// A script that is not understood or cannot be loaded.
pub fn run(script: &str, evaluator: &dyn Evaluator, only_line: Option<usize>) -> Result<Vec<Outcome>, String> {
    let mut storage = Storage::default();
    let mut source = MemorySource::default();
    let mut outcomes = Vec::new();
    for command in script::parse(script)? {
        match command {
            Command::Clear => {
                storage = Storage::default();
                source = MemorySource::default();
            }
            Command::Load(load) => {
                storage.load(&load).map_err(|error| format!("line {}: {error}", load.line))?;
                source = storage.source();
            }
            Command::Eval(eval) if only_line.is_none_or(|line| line == eval.line) => {
                let mut asking = Asking { evaluator, source: &source, eval: &eval, asked: 0, failures: Vec::new() };
                asking.all();
                let Asking { asked, failures, .. } = asking;
                outcomes.push(Outcome { line: eval.line, text: eval.text, asked, failures });
            }
            Command::Eval(_) => {}
        }
    }
    Ok(outcomes)
}

/// Results that depend on the times of the whole query: a range of it has others.
static OF_QUERY_TIMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(start|end|range|step)\(\)").expect("the pattern is a constant"));

/// All that is asked for one eval.
struct Asking<'a> {
    evaluator: &'a dyn Evaluator,
    source: &'a MemorySource,
    eval: &'a Eval,
    asked: usize,
    failures: Vec<Failure>,
}

impl Asking<'_> {
    fn all(&mut self) {
        let text = &self.eval.text;
        let Times::Instant(time_ms) = self.eval.times else {
            self.ask(Mode::Plain, text, self.eval.times);
            return;
        };
        // Where samples of several times are expected they are those up to the end of them.
        let time_ms = self.eval.expected.range_vector.map_or(time_ms, |(_, end_ms, _)| end_ms);
        self.instant(Mode::Plain, text, time_ms);
        match parse(text, &ParseOptions::all()) {
            Ok(expr) => {
                let Some(held) = rerun::held(expr, time_ms) else { return };
                let held = held.to_string();
                for at_ms in rerun::times(time_ms) {
                    self.instant(Mode::Held(at_ms), &held, at_ms);
                }
            }
            Err(error) if !self.eval.expected.fails => self.fail(Mode::Plain, text, error.to_string()),
            Err(_) => {}
        }
    }

    /// An instant query, and the same as a step of a range.
    fn instant(&mut self, mode: Mode, text: &str, time_ms: i64) {
        let Some(value) = self.ask(mode, text, Times::Instant(time_ms)) else { return };
        let expected = &self.eval.expected;
        let of_several_times = expected.range_vector.is_some() || matches!(expected.result, ExpectedResult::String(_));
        if of_several_times || OF_QUERY_TIMES.is_match(text) {
            return;
        }
        let mode = Mode::Middle(time_ms);
        let range = Range::Steps { start_ms: time_ms - 60_000, end_ms: time_ms + 60_000, step_ms: 60_000 };
        match self.answer(text, range) {
            Ok(_) if expected.ordered => {}
            Ok(answered) => {
                let checked = middle(answered.value, time_ms, matches!(value, Value::Scalar { .. }))
                    .and_then(|value| compare::check(expected, Times::Instant(time_ms), &value));
                checked.unwrap_or_else(|what| self.fail(mode, text, what));
            }
            Err(error) => self.fail(mode, text, error),
        }
    }

    /// Asks and compares; yields what may be asked in another way.
    fn ask(&mut self, mode: Mode, text: &str, times: Times) -> Option<Value> {
        let range = match times {
            Times::Instant(time_ms) => Range::Instant(time_ms),
            Times::Steps { start_ms, end_ms, step_ms } => Range::Steps { start_ms, end_ms, step_ms },
        };
        // Samples of several times stand where the script says.
        let times = match self.eval.expected.range_vector {
            Some((start_ms, end_ms, step_ms)) => Times::Steps { start_ms, end_ms, step_ms },
            None => times,
        };
        let expected = &self.eval.expected;
        let words = self.evaluator.has_words_of_prometheus();
        let checked = match self.answer(text, range) {
            Err(error) => check_failure(expected, &error, words).map(|()| None),
            Ok(_) if expected.fails => Err("expected a failure, got none".to_owned()),
            Ok(answered) => (if words { check_notices(expected, &answered) } else { Ok(()) })
                .and_then(|()| compare::check(expected, times, &answered.value))
                .map(|()| Some(answered.value)),
        };
        checked.unwrap_or_else(|what| {
            self.fail(mode, text, what);
            None
        })
    }

    fn answer(&mut self, text: &str, range: Range) -> Result<Answered, String> {
        self.asked += 1;
        let asked = catch_unwind(AssertUnwindSafe(|| self.evaluator.ask(self.source, text, range)));
        asked.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(format!("panicked: {}", said.unwrap_or("without a word")))
        })
    }

    fn fail(&mut self, mode: Mode, text: &str, what: String) {
        self.failures.push(Failure { mode, text: text.to_owned(), what });
    }
}

fn check_failure(expected: &Expected, error: &str, words: bool) -> Result<(), String> {
    if !expected.fails || error.starts_with("panicked: ") {
        return Err(format!("failed: {error}"));
    }
    match expected.errors.iter().find(|text| words && !text.fits(error)) {
        Some(text) => Err(format!("expected the error {text:?}, got {error:?}")),
        None => Ok(()),
    }
}

fn check_notices(expected: &Expected, answered: &Answered) -> Result<(), String> {
    let kinds = [
        ("warning", expected.warns, &expected.warnings, expected.no_warnings, &answered.warnings),
        ("info", expected.informs, &expected.infos, expected.no_infos, &answered.infos),
    ];
    for (kind, some, texts, none, said) in kinds {
        if none && !said.is_empty() {
            return Err(format!("expected no {kind}, got {said:?}"));
        }
        if some && said.is_empty() {
            return Err(format!("expected a {kind}, got none"));
        }
        check_texts(kind, texts, said)?;
    }
    Ok(())
}

/// Every text is said, and nothing else.
fn check_texts(kind: &str, texts: &[Text], said: &[String]) -> Result<(), String> {
    if let Some(text) = texts.iter().find(|text| !said.iter().any(|said| text.fits(said))) {
        return Err(format!("expected the {kind} {text:?}, got {said:?}"));
    }
    match said.iter().find(|said| !texts.is_empty() && !texts.iter().any(|text| text.fits(said))) {
        Some(said) => Err(format!("unexpected {kind} {said:?}")),
        None => Ok(()),
    }
}

/// What a range query says of one time.
fn middle(value: Value, time_ms: i64, scalar: bool) -> Result<Value, String> {
    let Value::Matrix(matrix) = value else {
        return Err(format!("expected a matrix of a range query, got {}", compare::value_text(&value)));
    };
    if let Some(pair) = matrix.windows(2).find(|pair| pair[0].labels >= pair[1].labels) {
        return Err(format!("series are not sorted: {} before {}", pair[0].labels, pair[1].labels));
    }
    let at_time = |series: &super::super::sample::Series| compare::points(series).find(|(at, _)| *at == time_ms);
    let samples = matrix.iter().filter_map(|series| Some((series.labels.clone(), time_ms, at_time(series)?.1)));
    let samples: Vec<_> = samples.collect();
    match samples.first() {
        Some((_, _, super::super::sample::Sample::Float(value))) if scalar => {
            Ok(Value::Scalar { time_ms, value: *value })
        }
        _ => Ok(Value::Vector(samples)),
    }
}

#[cfg(test)]
mod tests;
