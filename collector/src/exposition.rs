//! Pages of metrics, as targets show them to who scrapes them: text, OpenMetrics text, protobuf.
//!
//! ```text
//! Content-Type -> Format      page -> parse -> Metadata of a family, Sample, Sample, ... -> the end, or an error
//! ```
//!
//! A page is read once, front to back. A sample's [`Scraped::key`] is what the page wrote for its series, so that
//! whoever reads page after page finds a series by it and asks for [`Scraped::labels`] only of those that are new.
//!
//! Sources: Prometheus' "Exposition formats" and "UTF-8 in Prometheus" (prometheus.io/docs), OpenMetrics 1.0, and
//! `io.prometheus.client` of prometheus/client_model 0.6. Where real pages break a rule that Prometheus lets them
//! break, they may break it here. What differs from Prometheus: a page must be UTF-8 to its last comment; values may be
//! hex floats.
//!
//! Bounds: nothing grows beyond the page, but for [`open_metrics::HELD_MAX`] samples that wait for their `_created`,
//! and a decoded metric of protobuf, whose message has at most [`protobuf::METRIC_BYTES_MAX`].

/// A place in a text that is read from the left.
mod cursor;
/// What a page says, entry by entry.
mod entry;
/// What is wrong with a page.
mod error;
/// What a text says of a family.
mod family;
/// What a page may be written in.
mod format;
/// Numbers as Go reads and writes them.
pub(crate) mod number;
/// OpenMetrics 1.0 text.
mod open_metrics;
/// Where entries go.
mod out;
/// `io.prometheus.client.MetricFamily`.
pub(crate) mod protobuf;
/// What a text calls a series.
mod series;
/// Text 0.0.4.
mod text;

use std::ops::ControlFlow;

#[cfg(test)]
pub use entry::LabelText;
pub use entry::{Entry, Form, Scraped, ScrapedExemplar};
pub use error::{PageError, Place, Problem};
pub use format::{Format, UnknownFormat};

use self::out::{Out, Stop};

/// Reads a page to its end, to the first error, or until `each` breaks off, which is no error.
///
/// Entries come in the page's order. What came before an error stays said: whoever wants all or nothing keeps it aside.
/// Labels of texts are read when they are asked for. If they cannot be, the page ends with the error right after `each`
/// has returned; a series must not be remembered by the key of such a page.
///
/// # Errors
/// The first thing that is not as the format has it, and where.
pub fn parse(format: Format, page: &[u8], each: &mut dyn FnMut(Entry<'_>) -> ControlFlow<()>) -> Result<(), PageError> {
    let mut out = Out::new(each);
    let stopped = match format {
        Format::Text => of_text(page, |lines| text::read(lines, &mut out)),
        Format::OpenMetrics => of_text(page, |lines| open_metrics::read(lines, &mut out)),
        Format::Protobuf => protobuf::read(page, &mut out),
    };
    match stopped {
        Ok(()) | Err(Stop::Asked) => Ok(()),
        Err(Stop::Failed(error)) => Err(*error),
    }
}

/// Reads what is UTF-8 of a page: all of it, or its lines before the one that is not.
fn of_text(page: &[u8], read: impl FnOnce(&str) -> Result<(), Stop>) -> Result<(), Stop> {
    let Err(cut) = std::str::from_utf8(page).map_err(|error| error.valid_up_to()) else {
        return read(std::str::from_utf8(page).unwrap_or_default());
    };
    let sound = std::str::from_utf8(&page[..cut]).unwrap_or_default();
    let line_start = sound.rfind('\n').map_or(0, |end| end + 1);
    match read(&sound[..line_start]) {
        // The end is missing because it was cut off here.
        Err(Stop::Failed(error)) if error.problem != Problem::NoEnd => Err(Stop::Failed(error)),
        Err(Stop::Asked) => Err(Stop::Asked),
        _ => {
            let line = 1 + sound[..line_start].bytes().filter(|byte| *byte == b'\n').count();
            let place = Place::Line { line, column: cut - line_start + 1 };
            Err(PageError::new(Problem::NotUtf8, place, &sound[line_start..]).into())
        }
    }
}

#[cfg(test)]
mod tests;
