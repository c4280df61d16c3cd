//! When spans were, by their root's clock, and which of them anybody waited for.
//!
//! A child that lies inside its parent is left where it is. What sticks out by a little ([`slack_ns`]) is cut off without
//! more ado: clocks are coarse, and a proxy ends its span when the answer is through, which may be before the app behind it
//! ends its own. Beyond that:
//!
//! | the child | so | and |
//! | --- | --- | --- |
//! | starts before its parent | its clock is behind, for nothing begins before its cause | is moved to the parent's start |
//! | ends after a CLIENT, is of another process, and would fit | the client waited for the answer, so clocks differ | is moved back until it fits |
//! | the same, but is too long to fit | the client gave up | is cut off; only where it starts after the client's end its clock differs, too, and it is moved to the client's start |
//! | ends after a parent of UNSPECIFIED kind, and is of another process | a call, and most are waited for | is cut off |
//! | ends after any other parent | the parent did not wait | is left out |
//! | is a CONSUMER | who puts into a queue does not wait for who takes out of it | is left out |
//!
//! What is below a span goes with it: it is moved as far, cut at the same place, and left out. A child moves as little as
//! it can, so that children that came one after another still do.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::span::{Interval, Span};
use super::tree::Tree;

/// The part of its parent's length by which a child may stick out of it and be taken for inside: of a short parent a
/// tenth, as far as that is no more than [`SLACK_OF_SHORT_MAX_NS`], of a long one a hundredth.
const SLACK_PARTS_OF_SHORT: i64 = 10;
const SLACK_PARTS_OF_LONG: i64 = 100;
/// What a clock of milliseconds is coarse by.
const SLACK_OF_SHORT_MAX_NS: i64 = 1_000_000;

/// Where a span is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// How far it was moved.
    moved_ns: i64,
    /// All of it, by the clock of its tree's top.
    pub whole: Interval,
    /// What of it lies inside all spans above it; none if it, or one of these, was not waited for.
    pub window: Option<Interval>,
}

/// Whether a span waits for a child of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Yes,
    /// What the two are does not tell.
    Perhaps,
    No,
}

/// Where each span was.
pub(super) fn places(spans: &[Span<'_>], tree: &Tree) -> Vec<Place> {
    let unmoved = |span: &Span<'_>| Place { moved_ns: 0, whole: span.time, window: Some(span.time) };
    let mut places: Vec<Place> = spans.iter().map(unmoved).collect();
    for top in &tree.tops {
        for parent in tree.with_all_below(top.span) {
            for &child in tree.children(parent) {
                places[child] = place_of(&spans[child], &spans[parent], places[parent]);
            }
        }
    }
    places
}

fn place_of(child: &Span<'_>, parent: &Span<'_>, above: Place) -> Place {
    let waits = waits(parent, child);
    let seen = child.time.moved(above.moved_ns);
    let by_ns = correction_ns(seen, above.whole, waits);
    let whole = seen.moved(by_ns);
    let is_waited_for =
        child.kind != SpanKind::Consumer as i32 && (waits != Waits::No || whole.end_ns <= latest_end_ns(above.whole));
    let window = above.window.filter(|_| is_waited_for).and_then(|window| whole.cut(window));
    Place { moved_ns: above.moved_ns.saturating_add(by_ns), whole, window }
}

fn waits(parent: &Span<'_>, child: &Span<'_>) -> Waits {
    if child.kind == SpanKind::Consumer as i32 || !is_of_another_process(child, parent) {
        return Waits::No;
    }
    match SpanKind::try_from(parent.kind) {
        Ok(SpanKind::Client) => Waits::Yes,
        Ok(SpanKind::Unspecified) => Waits::Perhaps,
        _ => Waits::No,
    }
}

/// A SERVER span is of another process than its CLIENT even where a service calls itself.
pub(super) fn is_of_another_process(child: &Span<'_>, parent: &Span<'_>) -> bool {
    child.service != parent.service || child.kind == SpanKind::Server as i32
}

/// How far a child has to be moved.
fn correction_ns(child: Interval, parent: Interval, waits: Waits) -> i64 {
    if child.start_ns < earliest_start_ns(parent) {
        return parent.start_ns.saturating_sub(child.start_ns);
    }
    if waits != Waits::Yes || child.end_ns <= latest_end_ns(parent) {
        return 0;
    }
    let gave_up = !fits(child, parent) && child.start_ns <= parent.end_ns;
    if gave_up {
        return 0;
    }
    let fits_from_ns = parent.end_ns.saturating_sub(child.length_ns()).max(parent.start_ns);
    fits_from_ns.saturating_sub(child.start_ns).min(0)
}

/// How far the child's clock is ahead of its parent's, where the two contradict each other; none where they do not.
///
/// The middle of a call is the middle for both sides if the way there takes as long as the way back. A child that is too
/// long to fit, or that nobody waited for, tells no more than the least by which its clock is wrong.
pub(super) fn shift_ns(child: &Span<'_>, parent: &Span<'_>) -> Option<i64> {
    let (inner, outer, waits) = (child.time, parent.time, waits(parent, child));
    let by_ns = correction_ns(inner, outer, waits);
    if by_ns == 0 {
        return None;
    }
    if waits != Waits::Yes || !fits(inner, outer) {
        return Some(by_ns.saturating_neg());
    }
    let ahead_ns = |inner_ns: i64, outer_ns: i64| i128::from(inner_ns) - i128::from(outer_ns);
    let both_ns = ahead_ns(inner.start_ns, outer.start_ns) + ahead_ns(inner.end_ns, outer.end_ns);
    Some(i64::try_from(both_ns / 2).unwrap_or(by_ns.saturating_neg()))
}

/// The child is short enough to lie inside the parent.
fn fits(child: Interval, parent: Interval) -> bool {
    child.length_ns() <= parent.length_ns().saturating_add(slack_ns(parent))
}

fn earliest_start_ns(parent: Interval) -> i64 {
    parent.start_ns.saturating_sub(slack_ns(parent))
}

fn latest_end_ns(parent: Interval) -> i64 {
    parent.end_ns.saturating_add(slack_ns(parent))
}

fn slack_ns(parent: Interval) -> i64 {
    let length_ns = parent.length_ns();
    (length_ns / SLACK_PARTS_OF_SHORT).min(SLACK_OF_SHORT_MAX_NS).max(length_ns / SLACK_PARTS_OF_LONG)
}
