//! When spans were, by their root's clock, and which of them anybody waited for.
//!
//! A child that lies inside its parent is left where it is. What sticks out by a little ([`slack_ns`]) is cut off without
//! more ado: clocks are coarse, and a proxy ends its span when the answer is through, which may be before the app behind it
//! ends its own. Beyond that:
//!
//! | the child | so | and |
//! | --- | --- | --- |
//! | starts before its parent | its clock is behind, for nothing begins before its cause | is moved to the parent's start |
//! | ends after a CLIENT, and is of another process | the client waited for the answer: clocks differ, or it gave up | is moved back as far as the parent's start, and what is too long for the parent is cut off |
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
#[derive(Clone, Copy)]
struct Place {
    /// How far it was moved.
    moved_ns: i64,
    /// All of it, by the root's clock.
    whole: Interval,
    /// What of it lies inside all spans above it.
    window: Interval,
}

/// When each span was, as far as it lies inside the spans above it up to `root`; none for those that are left out.
pub(super) fn windows(spans: &[Span<'_>], tree: &Tree, root: usize) -> Vec<Option<Interval>> {
    let mut places: Vec<Option<Place>> = vec![None; spans.len()];
    let time = spans[root].time;
    places[root] = Some(Place { moved_ns: 0, whole: time, window: time });
    for parent in tree.with_all_below(root) {
        let Some(place) = places[parent] else { continue };
        for &child in tree.children(parent) {
            places[child] = place_of(&spans[child], &spans[parent], place);
        }
    }
    places.into_iter().map(|place| Some(place?.window)).collect()
}

fn place_of(child: &Span<'_>, parent: &Span<'_>, above: Place) -> Option<Place> {
    if child.kind == SpanKind::Consumer as i32 {
        return None;
    }
    let waits = parent.kind == SpanKind::Client as i32 && is_of_another_process(child, parent);
    let seen = child.time.moved(above.moved_ns);
    let by_ns = correction_ns(seen, above.whole, waits);
    let whole = seen.moved(by_ns);
    if !waits && whole.end_ns > latest_end_ns(above.whole) {
        return None;
    }
    Some(Place { moved_ns: above.moved_ns.saturating_add(by_ns), whole, window: whole.cut(above.window)? })
}

/// A SERVER span is of another process than its CLIENT even where a service calls itself.
fn is_of_another_process(child: &Span<'_>, parent: &Span<'_>) -> bool {
    child.service != parent.service || child.kind == SpanKind::Server as i32
}

/// How far a child has to be moved.
fn correction_ns(child: Interval, parent: Interval, waits: bool) -> i64 {
    if child.start_ns < parent.start_ns.saturating_sub(slack_ns(parent)) {
        return parent.start_ns.saturating_sub(child.start_ns);
    }
    if waits && child.end_ns > latest_end_ns(parent) {
        let fits_from_ns = parent.end_ns.saturating_sub(child.length_ns()).max(parent.start_ns);
        return fits_from_ns.saturating_sub(child.start_ns).min(0);
    }
    0
}

fn latest_end_ns(parent: Interval) -> i64 {
    parent.end_ns.saturating_add(slack_ns(parent))
}

fn slack_ns(parent: Interval) -> i64 {
    let length_ns = parent.length_ns();
    (length_ns / SLACK_PARTS_OF_SHORT).min(SLACK_OF_SHORT_MAX_NS).max(length_ns / SLACK_PARTS_OF_LONG)
}
