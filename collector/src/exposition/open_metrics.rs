//! OpenMetrics 1.0 text, as strict as Prometheus is: one space between parts, no blank lines, no other comments, `#
//! EOF` at the end, a unit that ends its family's name, exemplars on counters and buckets only.
//!
//! **`_created`** is when a counter, histogram or summary began. It is no series here but the `start_ms` of its metric:
//! of the samples of the same family with the same labels (but for `le`, `quantile`) that stand next to it, before or
//! behind, with no other metric between. Samples of such a metric are therefore held until it ends, at most
//! [`HELD_MAX`] of them: those of a longer metric are told as they come, without a start unless it was read before
//! them. A `_created` in other families, or under another name than its family's, is a series like others.

mod line;

use std::cell::RefCell;

use spanloom_store::series::{MetricKind, SampleValue};

use self::line::{Line, Sample};
use super::entry::{Form, Scraped, Source, bound_of};
use super::error::{PageError, Place, Problem};
use super::family::Family;
use super::out::{Out, Stop};
use super::series::{LE, Malformed, Part, Parts, QUANTILE, Spacing};
use super::text::{failed, lines};

/// How many samples of one metric wait for its `_created`.
pub const HELD_MAX: usize = 4096;

const COUNTER_SUFFIX: &str = "_total";
const CREATED: &str = "_created";
const END: &str = "# EOF";

pub fn read(page: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    let mut reader = Reader { out, family: Family::default(), metric: Metric::default() };
    let read = reader.page(page);
    if let Err(Stop::Failed(error)) = read {
        // What stands before an error is told.
        reader.end_metric()?;
        return Err(Stop::Failed(error));
    }
    read
}

struct Reader<'p, 'o, 'e> {
    out: &'o mut Out<'e>,
    family: Family<'p>,
    metric: Metric<'p>,
}

/// Samples of one metric, next to one another.
#[derive(Default)]
struct Metric<'p> {
    /// One of its series, by which others are compared; `None` between metrics.
    like: Option<&'p str>,
    start_ms: Option<i64>,
    held: Vec<(usize, Sample<'p>)>,
    is_too_long: bool,
}

impl<'p> Reader<'p, '_, '_> {
    fn page(&mut self, page: &'p str) -> Result<(), Stop> {
        let (mut line_count, mut at) = (0, 0);
        for (number, line) in lines(page) {
            at += line.len() + 1;
            line_count = number;
            if line == END {
                return if at < page.len() { Err(end_error(Problem::AfterEnd, number + 1)) } else { self.end() };
            }
            if at > page.len() {
                // A line without an end is cut off.
                break;
            }
            self.line(number, line)?;
        }
        Err(end_error(Problem::NoEnd, line_count))
    }

    fn line(&mut self, number: usize, line: &'p str) -> Result<(), Stop> {
        match line::read(line).map_err(|malformed| failed(number, line, malformed))? {
            Line::Family(name, said) => {
                self.end_metric()?;
                self.out.metadata(self.family.say(name, said, COUNTER_SUFFIX))
            }
            Line::Sample(sample) => {
                self.out.metadata(self.family.tell(COUNTER_SUFFIX))?;
                self.sample(number, sample)
            }
        }
    }

    fn sample(&mut self, number: usize, sample: Sample<'p>) -> Result<(), Stop> {
        let kind = self.family.kind.unwrap_or_default();
        let Some(suffix) = suffix_of(kind, &self.family.name, sample.name) else {
            self.end_metric()?;
            return self.tell(number, sample, None);
        };
        if !self.metric.like.is_some_and(|like| is_same_metric(like, sample.key)) {
            self.end_metric()?;
            self.metric.like = Some(sample.key);
        }
        if suffix == CREATED {
            // A start of NaN or Inf is none.
            self.metric.start_ms = sample.value.is_finite().then_some((sample.value * 1000.0) as i64);
            return Ok(());
        }
        self.hold(number, sample)
    }

    fn hold(&mut self, number: usize, sample: Sample<'p>) -> Result<(), Stop> {
        if self.metric.held.len() == HELD_MAX {
            self.metric.is_too_long = true;
            self.tell_held()?;
        }
        if self.metric.is_too_long || self.metric.start_ms.is_some() {
            self.tell_held()?;
            return self.tell(number, sample, self.metric.start_ms);
        }
        self.metric.held.push((number, sample));
        Ok(())
    }

    fn tell_held(&mut self) -> Result<(), Stop> {
        let mut held = std::mem::take(&mut self.metric.held);
        let start_ms = self.metric.start_ms;
        let told = held.drain(..).try_for_each(|(number, sample)| self.tell(number, sample, start_ms));
        // Its memory serves the next metric.
        self.metric.held = held;
        told
    }

    fn end_metric(&mut self) -> Result<(), Stop> {
        let told = self.tell_held();
        let held = std::mem::take(&mut self.metric.held);
        self.metric = Metric { held, ..Metric::default() };
        told
    }

    fn end(&mut self) -> Result<(), Stop> {
        self.end_metric()?;
        self.out.metadata(self.family.tell(COUNTER_SUFFIX))
    }

    fn tell(&mut self, number: usize, sample: Sample<'p>, start_ms: Option<i64>) -> Result<(), Stop> {
        let unreadable = RefCell::new(None);
        let bound = bound_of(self.family.kind_of(sample.key));
        let scraped = Scraped {
            key: sample.key,
            value: SampleValue::Float(sample.value),
            time_ms: sample.time_ms,
            start_ms,
            exemplars: sample.exemplar.into_iter().collect(),
            form: Form::Plain,
            source: Source::Text { spacing: Spacing::None, bound, unreadable: &unreadable },
        };
        let malformed = self.out.lazy_sample(&unreadable, scraped)?;
        malformed.map_or(Ok(()), |malformed: Malformed| Err(failed(number, sample.key, malformed)))
    }
}

fn end_error(problem: Problem, line: usize) -> Stop {
    PageError::new(problem, Place::Line { line, column: 1 }, "").into()
}

/// What a series of a family that may have `_created` has behind the family's name; `None` of any other series.
fn suffix_of<'s>(kind: MetricKind, family: &str, name: &'s str) -> Option<&'s str> {
    let suffix = name.strip_prefix(family).filter(|_| !family.is_empty())?;
    let is_own = match kind {
        MetricKind::Counter => matches!(suffix, "_total" | CREATED),
        MetricKind::Histogram => matches!(suffix, "_bucket" | "_sum" | "_count" | CREATED),
        MetricKind::Summary => matches!(suffix, "" | "_sum" | "_count" | CREATED),
        _ => false,
    };
    is_own.then_some(suffix)
}

/// Whether two series of a family are of one metric: the same labels in the same order, but for bounds. Clients write
/// the labels of a metric in one order.
fn is_same_metric(one: &str, other: &str) -> bool {
    own_labels(one).eq(own_labels(other))
}

fn own_labels(series: &str) -> impl Iterator<Item = Result<(&str, &str), Malformed>> {
    Parts::of_series(series, Spacing::None).filter_map(|part| match part {
        Ok(Part::Name(_) | Part::Label { name: LE | QUANTILE, .. }) => None,
        Ok(Part::Label { name, value }) => Some(Ok((name, value))),
        Err(malformed) => Some(Err(malformed)),
    })
}
