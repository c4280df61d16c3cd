//! Virtual metrics: the ledger as series of counters, for whoever asks in PromQL.
//!
//! Grafana draws service graphs from `traces_service_graph_*` and tables of spans from `traces_spanmetrics_*`, which
//! the metrics generator of Tempo writes into a Prometheus. Here nobody writes them: they are made when they are asked
//! for, from the windows of `edges` and `operations`.
//!
//! ```text
//! selection -> wanted (which names, rows, hours) -> rows of an hour -> chosen views -> windows -> counters -> series
//! ```
//!
//! # The rule
//!
//! The value of a series at the end of a window is the sum of its windows since the start of the UTC hour. It is 0 at
//! the start of its first window of the hour, but 1 ms later where the hour starts with that window, because the hour
//! before has its last sample there. From its first window to the end of the hour it has a sample at the end of every
//! window, also where it was idle; after the hour it has none until its first window of another hour. Only windows that
//! ended `pairing_wait` ago count: younger ones still change with every span.
//!
//! # Why that gives what it should
//!
//! - **Inside an hour** the difference of two samples is the sum of the windows between them, exactly: counts are
//!   multiples of 2^-16. `x - x offset r`, `increase` and `rate` have no gap to bridge, for there is no missing sample;
//!   what Prometheus extrapolates to the edges of a range is all that they add.
//! - **A new series** begins with its 0, so that its first window is an increase. Prometheus cannot extrapolate a
//!   counter to before its zero.
//! - **Over the start of an hour** the 0 is a fall, which PromQL takes for a reset: what was before it is kept, what
//!   comes after it is added. Without the 0 an hour whose first window has more than all of the last hour would look
//!   like growth of the difference. The last sample of an hour lies at its end, so that nothing falls between two
//!   hours.
//! - **A restart**, of this server or of a sender, is not seen: values are a function of the stored rows alone, and no
//!   memory of anybody counts on.
//! - **A late window** raises the values of its hour from its own end on, as if it had never been late. Two questions
//!   asked before and after it get different answers; inside of one answer there is no fall and no jump at the time of
//!   arrival.
//! - **A better view** that comes during an hour, say metrics where there were spans only, replaces the numbers of all
//!   of it: the views of one call are never added up, not even one after the other.
//! - **The value depends on nobody's question**: neither on its range, because an hour is always added up from its
//!   start and its views and names are chosen over the whole of it, nor on its step.
//!
//! # Why idle series end
//!
//! A series that stayed constant for ever would need every hour back to its first window to be read, would show edges
//! that have long gone, and would make answers grow with the age of the server. So it ends with its hour, and an
//! instant selector finds it for as long as it looks back (5 minutes) after that. `rate` over a range in which it was
//! idle is 0 inside of the hour and nothing after it, which both add nothing to a sum.
//!
//! # What is not served, and why
//!
//! - `traces_spanmetrics_size_total`: windows of operations do not hold the sizes of spans.
//! - `traces_service_graph_request_messaging_system_seconds`: the time that a message lay in its queue is not in the
//!   ledger; the latencies of its two edges are those of sending and of handling it.
//! - `traces_host_info`: rows name services, not hosts.
//!
//! Requests without a source draw no `client="user"`, as they draw no node in the graph.

/// Histograms as Prometheus has them.
mod buckets;
/// Whose numbers count in an hour.
mod chosen;
/// The series that were made so far.
mod collected;
/// Windows to samples.
mod counters;
/// When a series has samples.
mod hour;
/// Names.
mod metric;
/// Names that are known before rows are read.
mod named;
/// Rows of the ledger to windows.
mod rows;
/// What a selection asks for.
mod wanted;
/// What windows say.
mod window;

#[cfg(test)]
mod tests;

pub(crate) use chosen::{Numbers, chosen};
pub(crate) use collected::{Collected, TooManySamples};
pub(crate) use counters::add_hour;
pub(crate) use hour::{HOUR_MS, Hour};
pub(crate) use metric::{Family, METRICS, Rows};
pub(crate) use rows::select;
pub(crate) use wanted::Wanted;
pub(crate) use window::{
    Connection, EdgeLabels, EdgeWindow, OperationLabels, OperationWindow, ServiceLabels, TargetWindow, Window,
};
