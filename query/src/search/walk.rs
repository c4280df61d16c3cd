//! Why stopping early is right: a trace starts no later than any of its spans. All spans that a trace could be found by and
//! that were not looked at yet start before some time `t`; so a trace that was not found yet starts before `t`, and as soon
//! as `limit` of those found start at `t` or later, no other one can be among the newest `limit`.

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use spanloom_store::TraceId;

use super::candidates::{self, Candidate, Cut};
use super::extents::extents;
use super::judge::Judge;
use super::progress::{Listener, Progress};
use super::{Found, FoundTrace, Question, bounds};
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::plan::Plan;

/// The least slice, and what slices begin at: a flush makes a file of each five minutes.
pub(super) const SLICE_MIN_NS: i64 = 5 * 60 * 1_000_000_000;
/// How many times as long as one slice the next may be: more while slices are short, so that who listens hears of long ones in time.
const GROWTH_MIN: i64 = 2;
const GROWTH_MAX: i64 = 4;
const GROWTH_OF_SHORT_MAX: i64 = 16;
const SHORT_NS: i64 = 60 * 60 * 1_000_000_000;
/// Traces that are judged together at first, and when many do not match.
const JUDGED_MIN: usize = 32;
const JUDGED_FIRST_MAX: usize = 256;
pub(super) const JUDGED_MAX: usize = 1024;
/// Traces that one search judges.
pub(super) const JUDGED_TOTAL_MAX: usize = 100_000;

/// Searches until it is enough, there is no more, or the bounds are reached.
pub(super) async fn walk(
    session: &Session,
    question: &Question,
    plan: &Plan,
    listener: Option<&Listener>,
) -> Result<Found, QueryError> {
    let judge = Judge::new(session, question, plan, &BTreeSet::new())?;
    let Some(mut rest) = whole_range(session, question) else { return Ok(Found::default()) };
    if plan.needs.span.is_none() {
        // Candidates are found where traces start, not where any of their spans does.
        rest.end_ns = rest.end_ns.min(question.searched.range.end_ns);
    }
    let telling = listener.map(|listener| Telling { listener, range_start_ns: rest.start_ns, told: HashSet::new() });
    let together = (2 * question.searched.limit).clamp(JUDGED_MIN, JUDGED_FIRST_MAX);
    let (judged, found) = (HashSet::new(), Found::default());
    let mut walk = Walk { session, question, plan, judge, together, judged, candidates: 0, found, telling };
    // Where several spans have to fulfil a condition, spans around a slice are read as well, however short it is.
    let width_ns_min =
        if plan.needs.spans_min > 1 { question.trace_span_max_ns.max(SLICE_MIN_NS) } else { SLICE_MIN_NS };
    let mut width_ns = width_ns_min;
    while rest.start_ns <= rest.end_ns && walk.found.partial.is_none() {
        let asked = newest_slice(rest, width_ns);
        let (searched_from_ns, slice) = walk.slice(asked).await?;
        if walk.is_sure(searched_from_ns) {
            break;
        }
        width_ns = if searched_from_ns == asked.start_ns {
            width_ns.saturating_mul(walk.growth(width_ns))
        } else if slice != asked {
            slice.end_ns - slice.start_ns
        } else {
            // It was too full: no more than what of it was of use.
            (slice.end_ns - searched_from_ns).max(width_ns_min)
        };
        let Some(end_ns) = searched_from_ns.checked_sub(1) else { break };
        rest.end_ns = end_ns;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    session: &'a Session,
    question: &'a Question,
    plan: &'a Plan,
    judge: Judge<'a>,
    /// How many traces are judged next.
    together: usize,
    judged: HashSet<TraceId>,
    /// How many the last slice had.
    candidates: usize,
    found: Found,
    telling: Option<Telling<'a>>,
}

/// Who is told of each step, and of which traces already.
struct Telling<'a> {
    listener: &'a Listener,
    range_start_ns: i64,
    told: HashSet<String>,
}

impl Telling<'_> {
    fn tell(&mut self, found: &Found, searched_from_ns: i64) {
        let is_new = |trace: &&FoundTrace| !self.told.contains(&trace.item.trace_id);
        let traces: Vec<FoundTrace> = found.traces.iter().filter(is_new).cloned().collect();
        self.told.extend(traces.iter().map(|trace| trace.item.trace_id.clone()));
        let (range_start_ns, inspected) = (self.range_start_ns, found.inspected);
        // Who does not listen any more has dropped the search, too.
        let _ = self.listener.send(Progress { traces, searched_from_ns, range_start_ns, inspected });
    }
}

/// The newest part of `rest`, about `width_ns` long, from a multiple of the least width on.
pub(super) fn newest_slice(rest: TimeRange, width_ns: i64) -> TimeRange {
    let start_ns = rest.end_ns.saturating_sub(width_ns - 1);
    let start_ns = start_ns.div_euclid(SLICE_MIN_NS).saturating_mul(SLICE_MIN_NS);
    TimeRange { start_ns: start_ns.max(rest.start_ns), ..rest }
}

/// When spans of traces that overlap the range may start, and there are any; `None` if there are none.
pub(super) fn whole_range(session: &Session, question: &Question) -> Option<TimeRange> {
    let data = bounds::of_spans(&session.view)?;
    let asked = question.searched.range.widened(question.trace_span_max_ns);
    let range = TimeRange { start_ns: asked.start_ns.max(data.start_ns), end_ns: asked.end_ns.min(data.end_ns) };
    (range.start_ns <= range.end_ns).then_some(range)
}

impl Walk<'_> {
    /// Judges the traces of a slice, newest first, until it is enough; returns from when on nothing is left to judge, and the slice,
    /// which may be a newer part of the one that was asked for.
    async fn slice(&mut self, mut slice: TimeRange) -> Result<(i64, TimeRange), QueryError> {
        self.found.inspected.slices += 1;
        let mut candidates = candidates::of_slice(self.session, self.question, self.plan, &mut slice).await?;
        let Cut { searched_from_ns, partial } = candidates::cut(&mut candidates, slice);
        self.found.partial = partial;
        self.candidates = candidates.len();
        candidates.retain(|candidate| !self.judged.contains(&candidate.id));
        if slice.end_ns > self.question.searched.range.end_ns {
            self.leave_out_later(&mut candidates).await?;
        }
        let mut rest = candidates.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.together.min(rest.len()));
            self.judge(now).await?;
            self.together = (2 * self.together).min(JUDGED_MAX);
            let unjudged_ns = later.first().map_or(searched_from_ns, |next| next.start_max_ns.saturating_add(1));
            self.tell(unjudged_ns);
            if self.is_sure(unjudged_ns) {
                return Ok((unjudged_ns, slice));
            }
            self.mind_bounds(unjudged_ns);
            if self.found.partial.is_some() {
                return Ok((unjudged_ns, slice));
            }
            rest = later;
        }
        if candidates.is_empty() {
            self.tell(searched_from_ns);
        }
        self.mind_bounds(searched_from_ns);
        Ok((searched_from_ns, slice))
    }

    /// Leaves out traces that begin after the range: a span after it may be of a trace that begins in it, but most are not.
    async fn leave_out_later(&self, candidates: &mut Vec<Candidate>) -> Result<(), QueryError> {
        let end_ns = self.question.searched.range.end_ns;
        let later: Vec<Candidate> =
            candidates.iter().copied().filter(|candidate| candidate.start_max_ns > end_ns).collect();
        let starts = || later.iter().map(|candidate| candidate.start_max_ns);
        let (Some(first_ns), Some(last_ns)) = (starts().min(), starts().max()) else { return Ok(()) };
        let range = TimeRange { start_ns: first_ns, end_ns: last_ns }.widened(self.question.trace_span_max_ns);
        let extents = extents(self.session, &later, range).await?;
        // What the index does not know may begin at any time.
        candidates.retain(|candidate| {
            candidate.start_max_ns <= end_ns
                || extents.get(&candidate.id).is_none_or(|extent| extent.starts.start_ns <= end_ns)
        });
        Ok(())
    }

    /// How many times as long as the last slice the next one is: as many traces as are wanted are in it if they come as often as
    /// before, unless that would be too many to judge. Each slice is planned anew, which costs as much as reading some minutes.
    fn growth(&self, width_ns: i64) -> i64 {
        let max = if width_ns < SHORT_NS { GROWTH_OF_SHORT_MAX } else { GROWTH_MAX };
        let wanted = self.question.searched.limit / self.found.traces.len().max(1);
        let fit = candidates::PER_SLICE_MAX / self.candidates.max(1);
        i64::try_from(wanted).unwrap_or(max).clamp(GROWTH_MIN, max).min(fit as i64).max(1)
    }

    fn tell(&mut self, searched_from_ns: i64) {
        let Some(telling) = &mut self.telling else { return };
        self.found.inspected.note_scanned(self.session);
        telling.tell(&self.found, searched_from_ns);
    }

    async fn judge(&mut self, candidates: &[Candidate]) -> Result<(), QueryError> {
        self.judged.extend(candidates.iter().map(|candidate| candidate.id));
        let judged = self.judge.judge(candidates).await?;
        let found = &mut self.found;
        found.inspected.traces += candidates.len() as u64;
        found.inspected.spans += judged.spans;
        found.traces.extend(judged.traces);
        found.traces.sort_by(|a, b| b.start_ns.cmp(&a.start_ns).then_with(|| a.item.trace_id.cmp(&b.item.trace_id)));
        found.traces.truncate(self.question.searched.limit);
        Ok(())
    }

    /// True if no trace that starts before `unjudged_ns` can be among the newest.
    fn is_sure(&self, unjudged_ns: i64) -> bool {
        let Some(oldest) = self.found.traces.get(self.question.searched.limit - 1) else { return false };
        oldest.start_ns >= unjudged_ns
    }

    fn mind_bounds(&mut self, unjudged_ns: i64) {
        let why = if Instant::now() >= self.question.deadline {
            "the time for one search was used up"
        } else if self.judged.len() >= JUDGED_TOTAL_MAX {
            "as many traces were read as one search may"
        } else {
            return;
        };
        self.found
            .partial
            .get_or_insert(format!("{why}, traces that start before {unjudged_ns} ns were not looked at"));
    }
}
