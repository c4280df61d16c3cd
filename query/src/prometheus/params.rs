//! Parameters of requests: those of the URL and those of the form together, with the refusals of Prometheus.

/// Integers as Go reads them.
mod integer;
/// Names of labels in paths.
pub(super) mod label;
/// Times and durations.
mod time;

use std::time::Duration;

use super::failure::Refusal;
use super::store::{Sought, TimeRange};
use crate::promql::engine::Range;
use crate::promql::parse_selector;
use crate::promql::source::Matcher;

/// The most steps of a range query: a point a minute for a week, or one an hour for a year.
const STEPS_MAX: i64 = 11_000;
const TOO_MANY_STEPS: &str = "exceeded maximum resolution of 11,000 points per timeseries. \
                              Try decreasing the query resolution (?step=XX)";
const NO_STEP: &str = "zero or negative query resolution step widths are not accepted. Try a positive integer";
/// More results are not listed, whatever was asked for.
pub(super) const RESULTS_MAX: usize = 500_000;
/// The most parameters of a request: each takes more memory than it has bytes.
const PARAMS_MAX: usize = 1_024;
/// The most `match[]` of a request.
const SELECTORS_MAX: usize = 128;
/// The longest text of all `match[]` together: patterns that are compiled take many times as much.
const SELECTORS_BYTES_MAX: usize = 64 << 10;

/// Names and values in the order given; what the form says comes before what the URL says.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// # Errors
    /// There are too many.
    pub fn merge(form: &[u8], query: &str) -> Result<Self, Refusal> {
        let of_form = url::form_urlencoded::parse(form);
        let all = of_form.chain(url::form_urlencoded::parse(query.as_bytes()));
        let some = all.take(PARAMS_MAX + 1).map(|(name, value)| (name.into_owned(), value.into_owned()));
        let params: Vec<_> = some.collect();
        match params.len() {
            0..=PARAMS_MAX => Ok(Self(params)),
            _ => Err(Refusal::bad_data(format!("error parsing form values: there are more than {PARAMS_MAX} of them"))),
        }
    }

    /// The first value of a parameter; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(held, _)| held == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// Milliseconds since the epoch; `absent` where nothing is said.
    ///
    /// # Errors
    /// No time.
    pub fn time_or(&self, name: &str, absent: i64) -> Result<i64, Refusal> {
        let text = self.get(name);
        if text.is_empty() {
            return Ok(absent);
        }
        time::time_ms(text).map_err(|why| Refusal::parameter(name, format!("invalid time value for '{name}': {why}")))
    }

    /// A time that must be given.
    fn time(&self, name: &str) -> Result<i64, Refusal> {
        time::time_ms(self.get(name)).map_err(|why| Refusal::parameter(name, why))
    }

    /// The times from `start` to `end`, all times where nothing is said.
    ///
    /// # Errors
    /// No times. An end before the start is a range that holds nothing.
    pub fn range(&self) -> Result<TimeRange, Refusal> {
        let TimeRange { start_ms, end_ms } = TimeRange::ALL;
        Ok(TimeRange { start_ms: self.time_or("start", start_ms)?, end_ms: self.time_or("end", end_ms)? })
    }

    /// `start`, `end` and `step` of a range query.
    ///
    /// # Errors
    /// What is missing or malformed, and a range that has no steps or too many.
    pub fn steps(&self) -> Result<Range, Refusal> {
        let (start_ms, end_ms) = (self.time("start")?, self.time("end")?);
        if end_ms < start_ms {
            return Err(Refusal::parameter("end", "end timestamp must not be before start time"));
        }
        let step_ms = time::duration_ms(self.get("step")).map_err(|why| Refusal::parameter("step", why))?;
        if step_ms <= 0 {
            return Err(Refusal::parameter("step", NO_STEP));
        }
        if (end_ms - start_ms) / step_ms > STEPS_MAX {
            return Err(Refusal::bad_data(TOO_MANY_STEPS));
        }
        Ok(Range::Steps { start_ms, end_ms, step_ms })
    }

    /// How long a query may take.
    ///
    /// # Errors
    /// No duration.
    pub fn timeout(&self) -> Result<Option<Duration>, Refusal> {
        let text = self.get("timeout");
        if text.is_empty() {
            return Ok(None);
        }
        let timeout_ms = time::duration_ms(text).map_err(|why| Refusal::parameter("timeout", why))?;
        Ok(Some(Duration::from_millis(u64::try_from(timeout_ms).unwrap_or_default())))
    }

    /// `lookback_delta`; the server's own where it is not above 0.
    ///
    /// # Errors
    /// No duration.
    pub fn lookback_ms(&self) -> Result<Option<i64>, Refusal> {
        let text = self.get("lookback_delta");
        if text.is_empty() {
            return Ok(None);
        }
        let lookback_ms = time::duration_ms(text);
        let lookback_ms =
            lookback_ms.map_err(|why| Refusal::bad_data(format!("error parsing lookback delta duration: {why}")))?;
        Ok(Some(lookback_ms).filter(|lookback_ms| *lookback_ms > 0))
    }

    /// How many results are wanted; `None` when no number bounds them, which is also what 0 means.
    ///
    /// # Errors
    /// No number, or a negative one.
    pub fn limit(&self) -> Result<Option<usize>, Refusal> {
        let text = self.get("limit");
        if text.is_empty() {
            return Ok(None);
        }
        let limit = integer::parse(text).map_err(|why| Refusal::parameter("limit", why))?;
        match usize::try_from(limit) {
            Ok(0) => Ok(None),
            Ok(limit) => Ok(Some(limit)),
            Err(_) => Err(Refusal::parameter("limit", "limit must be non-negative")),
        }
    }

    /// A number, in the words of the older endpoints; `None` where nothing is said or it is negative.
    ///
    /// # Errors
    /// No number.
    pub fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let text = self.get(name);
        if text.is_empty() {
            return Ok(None);
        }
        let number = integer::parse(text).map_err(|_| Refusal::bad_data(format!("{name} must be a number")))?;
        Ok(usize::try_from(number).ok())
    }

    /// An integer.
    ///
    /// # Errors
    /// Why it is none.
    pub fn integer(&self, name: &str) -> Result<i64, String> {
        integer::parse(self.get(name))
    }

    /// Every `match[]`.
    ///
    /// # Errors
    /// Why one is no selector, in the words that follow the name of the parameter.
    pub fn selectors(&self) -> Result<Vec<Vec<Matcher>>, String> {
        let texts: Vec<&str> = self.all("match[]").collect();
        if texts.len() > SELECTORS_MAX {
            return Err(format!("{} selectors are given, the most is {SELECTORS_MAX}", texts.len()));
        }
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        if bytes > SELECTORS_BYTES_MAX {
            return Err(format!("the selectors have {bytes} bytes, the most is {SELECTORS_BYTES_MAX}"));
        }
        texts.into_iter().map(selector).collect()
    }

    /// Which series `match[]`, `start`, `end` and `limit` name. One result more than wanted is sought, which says
    /// that there are more.
    ///
    /// # Errors
    /// What is malformed; `refuse` words what is wrong with the selectors.
    pub fn sought(&self, refuse: impl Fn(String) -> Refusal) -> Result<Sought, Refusal> {
        let wanted = self.results_max()?;
        let range = self.range()?;
        Ok(Sought { selectors: self.selectors().map_err(refuse)?, range, results_max: wanted + 1 })
    }

    /// The most results that are answered.
    ///
    /// # Errors
    /// As [`Self::limit`].
    pub fn results_max(&self) -> Result<usize, Refusal> {
        Ok(self.limit()?.unwrap_or(RESULTS_MAX).min(RESULTS_MAX))
    }
}

/// A selector must not match everything: one of its matchers refuses the empty value.
fn selector(text: &str) -> Result<Vec<Matcher>, String> {
    let matchers = parse_selector(text).map_err(|error| error.to_string())?;
    if matchers.iter().all(|matcher| matcher.matches("")) {
        return Err("match[] must contain at least one non-empty matcher".to_owned());
    }
    Ok(matchers)
}

#[cfg(test)]
mod tests;
