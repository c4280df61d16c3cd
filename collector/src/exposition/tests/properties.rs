//! What holds for any page.

use proptest::prelude::*;
use prost::Message as _;
use spanloom_store::series::MetricKind;

use super::super::protobuf::message::{BucketSpan, Histogram, Kind, Metric, MetricFamily};
use super::print::{Printed, families, open_metrics, protobuf, text};
use super::*;

/// What a page says must be what was printed: the samples, and of each family name, kind and help.
fn check(format: Format, page: &[u8], families: &[Printed]) -> Result<(), TestCaseError> {
    let suffix = if format == Format::OpenMetrics { "_total" } else { "" };
    let (mut samples, mut told) = (Vec::new(), Vec::new());
    let ended = parse(format, page, &mut |entry| {
        match entry {
            Entry::Metadata(metadata) => {
                told.push((metadata.family.to_string(), metadata.kind, metadata.help.to_string()))
            }
            Entry::Sample(sample) => {
                let mut labels = Vec::new();
                sample.labels(&mut labels);
                let SampleValue::Float(value) = sample.value else { panic!("no family has native histograms") };
                let labels: Vec<_> =
                    labels.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
                samples.push((labels, value.to_bits()));
            }
        }
        ControlFlow::Continue(())
    });
    prop_assert_eq!(ended, Ok(()), "{}", String::from_utf8_lossy(page));
    prop_assert_eq!(samples, expected_samples(families, suffix));
    for family in families {
        prop_assert!(told.contains(&expected_metadata(family, suffix)), "{:?} in {:?}", family, told);
    }
    Ok(())
}

fn expected_samples(families: &[Printed], counter_suffix: &str) -> Vec<(Vec<(String, String)>, u64)> {
    let mut samples = Vec::new();
    for family in families {
        for (suffix, labels, value) in family.samples() {
            let suffix = if family.kind() == MetricKind::Counter { counter_suffix } else { suffix };
            let name = ("__name__".to_owned(), family.name.clone() + suffix);
            samples.push(([vec![name], labels].concat(), value.to_bits()));
        }
    }
    samples
}

fn expected_metadata(family: &Printed, counter_suffix: &str) -> (String, MetricKind, String) {
    let is_suffixed = family.kind() == MetricKind::Counter && !family.name.ends_with(counter_suffix);
    let suffix = if is_suffixed { counter_suffix } else { "" };
    (family.name.clone() + suffix, family.kind(), family.help.clone())
}

/// Whether one page's entries are the beginning of another's, but for the last of them, which may have been cut.
fn is_beginning(cut: &[String], whole: &[String]) -> bool {
    let sure = cut.len().saturating_sub(1);
    cut.len() <= whole.len() + 1 && cut[..sure] == whole[..sure.min(whole.len())]
}

/// Families of one name, next to each other, are one.
fn apart(mut families: Vec<Printed>) -> Vec<Printed> {
    families.iter_mut().enumerate().for_each(|(at, family)| family.name = format!("{}{at}", family.name));
    families
}

proptest! {
    #[test]
    fn what_is_printed_is_read(families in families()) {
        let families = apart(families);
        check(Format::Text, text(&families).as_bytes(), &families)?;
        check(Format::OpenMetrics, open_metrics(&families).as_bytes(), &families)?;
        check(Format::Protobuf, &protobuf(&families), &families)?;
    }

    #[test]
    fn differences_are_undone(counts in prop::collection::vec(0_u32.., 1..20), zero_count: u32, offset in -9..9) {
        let mut before = 0;
        let deltas = counts.iter().map(|count| i64::from(*count) - std::mem::replace(&mut before, i64::from(*count)));
        let histogram = Histogram {
            sample_count: Some(counts.iter().map(|count| u64::from(*count)).sum::<u64>() + u64::from(zero_count)),
            zero_count: Some(zero_count.into()),
            positive_delta: deltas.collect(),
            positive_span: vec![BucketSpan { offset: Some(offset), length: Some(counts.len() as u32) }],
            ..Histogram::default()
        };
        let metric = vec![Metric { histogram: Some(histogram), ..Metric::default() }];
        let r#type = Some(Kind::Histogram as i32);
        let family = MetricFamily { name: Some("h".to_owned()), r#type, metric, ..MetricFamily::default() };
        let mut read = Vec::new();
        let ended = parse(Format::Protobuf, &family.encode_length_delimited_to_vec(), &mut |entry| {
            if let Entry::Sample(Scraped { value: SampleValue::Histogram(histogram), .. }) = entry {
                read.push(histogram.positive.clone());
            }
            ControlFlow::Continue(())
        });
        prop_assert_eq!(ended, Ok(()));
        prop_assert_eq!(read, vec![counts.into_iter().map(f64::from).collect::<Vec<_>>()]);
    }

    #[test]
    fn a_cut_page_is_an_error_or_a_beginning(families in families(), at in any::<prop::sample::Index>()) {
        let families = apart(families);
        let pages = [
            (Format::Text, text(&families).into_bytes()),
            (Format::OpenMetrics, open_metrics(&families).into_bytes()),
            (Format::Protobuf, protobuf(&families)),
        ];
        for (format, page) in pages {
            let cut = &page[..at.index(page.len() + 1)];
            let ((whole, _), (said, ended)) = (read(format, &page), read(format, cut));
            prop_assert!(is_beginning(&said, &whole), "{:?} of {:?}", said, whole);
            let is_ended = cut.len() + 1 >= page.len();
            prop_assert!(format != Format::OpenMetrics || ended.is_err() || is_ended, "a cut page is whole");
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(page in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
            let _ = read(format, &page);
        }
    }

    #[test]
    fn any_words_of_texts_are_read_or_refused(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let page = words.concat();
        let (_, text) = read(Format::Text, page.as_bytes());
        let (_, open_metrics) = read(Format::OpenMetrics, page.as_bytes());
        for error in [text, open_metrics].into_iter().filter_map(Result::err) {
            prop_assert!(error.to_string().len() < 400);
        }
    }

    #[test]
    fn a_changed_page_is_read_or_refused(families in families(), at in any::<prop::sample::Index>(), byte: u8) {
        let pages = [
            (Format::Text, text(&families).into_bytes()),
            (Format::OpenMetrics, open_metrics(&families).into_bytes()),
            (Format::Protobuf, protobuf(&families)),
        ];
        for (format, mut page) in pages.into_iter().filter(|(_, page)| !page.is_empty()) {
            let at = at.index(page.len());
            page[at] = byte;
            let _ = read(format, &page);
        }
    }
}

const WORDS: &[&str] = &[
    "a",
    "a_total",
    "a_created",
    "a_bucket",
    "{",
    "}",
    "=",
    ",",
    "\"",
    "\\",
    "\"1\"",
    "le",
    "\n",
    " ",
    "\t",
    "#",
    "# ",
    "# TYPE a counter\n",
    "# TYPE a histogram\n",
    "# HELP ",
    "# EOF",
    " # {",
    "1",
    "-1.5e3",
    "NaN",
    "é",
    "\r",
    "0x1p4",
    ":",
];
