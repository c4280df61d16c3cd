//! Pages and what they say, as lines: `# family kind "help" unit` and `{labels} value @time ^start ~exemplar`.

mod corpora;
mod open_metrics;
mod print;
mod properties;
mod protobuf;
mod text;

use std::fmt::Write as _;
use std::ops::ControlFlow;

use spanloom_store::series::{MetricMetadata, NativeHistogram, SampleValue};

use super::{Entry, Form, Format, PageError, Scraped, ScrapedExemplar, parse};

/// What a page says, and how its reading ended.
fn read(format: Format, page: &[u8]) -> (Vec<String>, Result<(), PageError>) {
    let mut said = Vec::new();
    let ended = parse(format, page, &mut |entry| {
        said.push(match entry {
            Entry::Metadata(metadata) => metadata_line(&metadata),
            Entry::Sample(sample) => sample_line(&sample),
        });
        ControlFlow::Continue(())
    });
    (said, ended)
}

/// The only place of the rules' tests that knows how pages are read.
fn check(format: Format, page: &str, expected: &[&str]) {
    let (said, ended) = read(format, page.as_bytes());
    assert_eq!(ended, Ok(()), "{page}");
    assert_eq!(said, expected, "{page}");
}

/// What is said before an error, and the error.
fn check_refused(format: Format, page: &[u8], expected: &[&str], error: &str) {
    let (said, ended) = read(format, page);
    let page = String::from_utf8_lossy(page);
    assert_eq!(ended.map_err(|error| error.to_string()), Err(error.to_owned()), "{page}");
    let samples: Vec<_> = said.iter().filter(|line| !line.starts_with('#') && *line != "{} 1").collect();
    assert_eq!(samples, expected, "{page}");
}

fn metadata_line(metadata: &MetricMetadata) -> String {
    let MetricMetadata { family, kind, help, unit } = metadata;
    format!("# {family} {} {help:?} {unit}", kind.name()).trim_end().to_owned()
}

fn sample_line(sample: &Scraped<'_>) -> String {
    let mut labels = Vec::new();
    sample.labels(&mut labels);
    let mut line = labels_text(&labels);
    match &sample.value {
        SampleValue::Float(value) => write!(line, " {value}").unwrap(),
        SampleValue::Histogram(histogram) => write!(line, " {}", histogram_text(histogram)).unwrap(),
    }
    for (sign, time_ms) in [('@', sample.time_ms), ('^', sample.start_ms)] {
        if let Some(time_ms) = time_ms {
            write!(line, " {sign}{time_ms}").unwrap();
        }
    }
    for ScrapedExemplar { labels, value, time_ms } in &sample.exemplars {
        write!(line, " ~{}{value}", labels_text(labels)).unwrap();
        time_ms.iter().for_each(|time_ms| write!(line, "@{time_ms}").unwrap());
    }
    if sample.form != Form::Plain {
        write!(line, " {:?}", sample.form).unwrap();
    }
    line
}

fn labels_text(labels: &[super::LabelText<'_>]) -> String {
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| if name == "__name__" { value.to_string() } else { format!("{name}={value:?}") })
        .collect();
    format!("{{{}}}", pairs.join(" "))
}

fn histogram_text(histogram: &NativeHistogram) -> String {
    let spans = |spans: &[spanloom_store::series::BucketSpan]| -> String {
        spans.iter().map(|span| format!("{}+{} ", span.offset, span.length)).collect()
    };
    format!(
        "[{:?} schema {} zero {}/{} count {} sum {} pos {}{:?} neg {}{:?}]",
        histogram.hint,
        histogram.schema,
        histogram.zero_count,
        histogram.zero_threshold,
        histogram.count,
        histogram.sum,
        spans(&histogram.positive_spans),
        histogram.positive,
        spans(&histogram.negative_spans),
        histogram.negative
    )
}
