//! Names as Prometheus has them: letters, digits, underscores, with the unit and the type at the end.
//!
//! Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", "Metric Metadata" and "Metric
//! Attributes"; Prometheus' guide "Using Prometheus as your OpenTelemetry backend", translation strategy
//! `UnderscoreEscapingWithSuffixes`, and its setting `label_name_underscore_sanitization`.

/// What a unit in UCUM is called in words.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    // Prometheus' spelling, which dashboards have by now.
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
];

/// What a unit is called behind a slash.
const PER_UNITS: [(&str, &str); 7] =
    [("s", "second"), ("m", "minute"), ("h", "hour"), ("d", "day"), ("w", "week"), ("mo", "month"), ("y", "year")];

/// The type of a metric as its name shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// A monotonic sum ends in `_total`.
    Total,
    /// A gauge of unit `1` ends in `_ratio`.
    Ratio,
    None,
}

/// A unit in words, in two parts: what is measured, and per what. Either may be empty.
struct Unit {
    main: String,
    per: String,
}

impl Unit {
    fn new(unit: &str) -> Self {
        let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
        Self { main: words(main, &UNITS), per: words(per, &PER_UNITS) }
    }
}

/// One part of a unit in words; one with an annotation in braces is none.
fn words(part: &str, known: &[(&str, &str)]) -> String {
    let part = part.trim();
    if part.contains(['{', '}']) {
        return String::new();
    }
    let found = known.iter().find(|(ucum, _)| *ucum == part);
    tokens(found.map_or(part, |(_, word)| word)).join("_")
}

/// The runs of letters, digits and colons in a text.
fn tokens(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).filter(|token| !token.is_empty()).collect()
}

/// The unit for metadata, such as `bytes_per_second`; empty for a count of something.
pub fn unit(unit: &str) -> String {
    let Unit { main, per } = Unit::new(unit);
    match (main.is_empty(), per.is_empty()) {
        (_, true) => main,
        (true, false) => format!("per_{per}"),
        (false, false) => format!("{main}_per_{per}"),
    }
}

/// The name of a metric with its unit and type; empty when it has no letter that counts.
pub fn metric(name: &str, unit: &str, suffix: Suffix) -> String {
    let mut parts = tokens(name);
    if parts.is_empty() {
        return String::new();
    }
    let Unit { main, per } = Unit::new(unit);
    let is_said = |parts: &[&str], word: &str| word.is_empty() || parts.contains(&word);
    if !is_said(&parts, &main) {
        parts.push(&main);
    }
    if !is_said(&parts, &per) {
        parts.extend(["per", &per]);
    }
    let ending = match suffix {
        Suffix::Total => Some("total"),
        Suffix::Ratio if unit.trim() == "1" => Some("ratio"),
        Suffix::Ratio | Suffix::None => None,
    };
    if let Some(ending) = ending {
        parts.retain(|part| *part != ending);
        parts.push(ending);
    }
    let joined = parts.join("_");
    if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("_{joined}") } else { joined }
}

/// The name of a label: what is no letter, digit or underscore becomes an underscore. `None` when nothing else is left.
pub fn label(key: &str) -> Option<String> {
    let name: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.bytes().all(|byte| byte == b'_') {
        return None;
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(format!("key_{name}"));
    }
    // Two underscores are left: such names are reserved, and whoever sends them means it.
    if name.starts_with('_') && !name.starts_with("__") {
        return Some(format!("key{name}"));
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, ucum: &str, suffix: Suffix, expected: &str) {
        assert_eq!(metric(name, ucum, suffix), expected);
    }

    fn check_unit(ucum: &str, expected: &str) {
        assert_eq!(unit(ucum), expected, "{ucum}");
    }

    #[test]
    fn names_have_letters_digits_underscores_and_colons() {
        check("http.request.duration", "ms", Suffix::None, "http_request_duration_milliseconds");
        check("metric@@##$$name", "", Suffix::Ratio, "metric_name");
        check("metric__with__many", "unit__too", Suffix::Ratio, "metric_with_many_unit_too");
        check("job:requests:rate", "", Suffix::Ratio, "job:requests:rate");
        check("123metric", "", Suffix::Ratio, "_123metric");
        check("@#$%", "", Suffix::Total, "");
        check("", "s", Suffix::Total, "");
    }

    #[test]
    fn counters_end_in_total() {
        check("requests", "", Suffix::Total, "requests_total");
        check("requests_total", "", Suffix::Total, "requests_total");
        check("total.requests", "", Suffix::Total, "requests_total");
        check("cpu_seconds_total", "s", Suffix::Total, "cpu_seconds_total");
        check("requests", "1/s", Suffix::Total, "requests_per_second_total");
        check("items", "1", Suffix::Total, "items_total");
    }

    #[test]
    fn gauges_of_one_are_ratios() {
        check("cpu.utilization", "1", Suffix::Ratio, "cpu_utilization_ratio");
        check("cpu_usage_ratio", "1", Suffix::Ratio, "cpu_usage_ratio");
        check("queue.length", "1", Suffix::None, "queue_length");
    }

    #[test]
    fn a_unit_that_the_name_says_is_not_repeated() {
        check("response_time_seconds", "s", Suffix::Ratio, "response_time_seconds");
        check("system.bytes.used", "By", Suffix::Ratio, "system_bytes_used");
        check("requests_per_second", "1/s", Suffix::Ratio, "requests_per_second");
        check("memory", "MiBy", Suffix::Ratio, "memory_mebibytes");
    }

    #[test]
    fn units_are_words() {
        check_unit("ms", "milliseconds");
        check_unit("%", "percent");
        check_unit("Cel", "celsius");
        check_unit("By/s", "bytes_per_second");
        check_unit(" By / s ", "bytes_per_second");
        check_unit("1/mo", "per_month");
        check_unit("requests/m", "requests_per_minute");
        check_unit("custom@unit#with$chars", "custom_unit_with_chars");
    }

    #[test]
    fn counts_of_something_have_no_unit() {
        check_unit("1", "");
        check_unit("{packet}", "");
        check_unit("{packet}/s", "per_second");
        check_unit("By/{packet}", "bytes");
        check_unit("By/", "bytes");
        check_unit("/", "");
        check_unit("  ", "");
    }

    #[test]
    fn labels_have_letters_digits_and_underscores() {
        for (key, expected) in [
            ("http.method", Some("http_method")),
            ("label:with:colons", Some("label_with_colons")),
            ("label!with&special$chars)", Some("label_with_special_chars_")),
            ("characters_字符", Some("characters___")),
            ("123label", Some("key_123label")),
            ("_private", Some("key_private")),
            ("__reserved", Some("__reserved")),
            ("ようこそ", None),
            ("__", None),
            ("", None),
        ] {
            assert_eq!(label(key).as_deref(), expected, "{key}");
        }
    }
}
