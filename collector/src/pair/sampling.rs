//! How many spans a sampled span stands for.
//!
//! Sources: OpenTelemetry, "TraceState: Probability Sampling" (`ot=th:`) and its predecessor (`ot=p:`); Jaeger's
//! `sampler.param`; Honeycomb's `SampleRate`.

use spanloom_store::ledger::Weight;

/// What attributes may say about sampling.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SamplingAttributes<'a> {
    /// `sampling.probability`.
    pub probability: Option<&'a str>,
    /// `SampleRate`: one of so many.
    pub rate: Option<&'a str>,
    /// `sampler.type` and `sampler.param`.
    pub sampler_type: Option<&'a str>,
    pub sampler_param: Option<&'a str>,
}

/// The weight of a span; `None` if nothing is said, or nothing that can be so.
pub fn weight(trace_state: &str, attributes: SamplingAttributes<'_>) -> Option<Weight> {
    of_trace_state(trace_state).or_else(|| of_attributes(attributes))
}

fn of_attributes(attributes: SamplingAttributes<'_>) -> Option<Weight> {
    let by_probability = attributes.probability.and_then(|text| of_probability(text.parse().ok()?));
    let by_rate = || of_calls(attributes.rate?.parse().ok()?);
    let by_sampler = || {
        let param = attributes.sampler_param.filter(|_| attributes.sampler_type == Some("probabilistic"))?;
        of_probability(param.parse().ok()?)
    };
    by_probability.or_else(by_rate).or_else(by_sampler)
}

/// The `ot` member of a W3C tracestate: `ot=th:8;rv:…` or `ot=p:3;r:…`.
pub fn of_trace_state(trace_state: &str) -> Option<Weight> {
    let members = trace_state.split(',').map(str::trim);
    let ours = members.filter_map(|member| member.strip_prefix("ot=")).next()?;
    let value = |key: &str| ours.split(';').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix(':'));
    match value("th") {
        Some(threshold) => of_threshold(threshold),
        None => of_exponent(value("p")?),
    }
}

/// A rejection threshold: up to 14 hexadecimal digits, trailing zeros left out, of 2^56.
fn of_threshold(digits: &str) -> Option<Weight> {
    const DIGITS_MAX: usize = 14;
    const ALL: u64 = 1 << 56;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits.is_empty() || digits.len() > DIGITS_MAX || !is_hex {
        return None;
    }
    let threshold = u64::from_str_radix(digits, 16).ok()? << (4 * (DIGITS_MAX - digits.len()));
    of_probability((ALL - threshold) as f64 / ALL as f64)
}

/// A negative exponent of two; 63 says that the span was taken for another reason and stands for none.
fn of_exponent(digits: &str) -> Option<Weight> {
    match digits.parse::<i32>().ok()? {
        63 => Some(Weight::ZERO),
        exponent @ 0..63 => of_calls(2.0_f64.powi(exponent)),
        _ => None,
    }
}

fn of_probability(probability: f64) -> Option<Weight> {
    if probability > 0.0 && probability <= 1.0 { of_calls(probability.recip()) } else { None }
}

/// A sampler that claims more than can be believed is not believed at all.
fn of_calls(calls: f64) -> Option<Weight> {
    let weight = Weight::new(calls);
    (calls >= 1.0 && weight <= Weight::OF_ONE_CALL_MAX).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(trace_state: &str) -> Option<f64> {
        weight(trace_state, SamplingAttributes::default()).map(Weight::as_f64)
    }

    #[test]
    fn a_threshold_says_what_share_was_taken() {
        assert_eq!(calls("ot=th:0"), Some(1.0));
        assert_eq!(calls("ot=th:8"), Some(2.0));
        assert_eq!(calls("ot=th:c"), Some(4.0));
        assert_eq!(calls("vendor=x, ot=rv:1234567890abcd;th:fd70a3d70a3d71"), Some(100.0));
    }

    #[test]
    fn an_exponent_says_it_in_powers_of_two() {
        assert_eq!(calls("ot=p:3;r:4"), Some(8.0));
        assert_eq!(calls("ot=p:0"), Some(1.0));
        assert_eq!(calls("ot=p:63"), Some(0.0));
    }

    #[test]
    fn what_cannot_be_so_says_nothing() {
        for odd in [
            "",
            "ot=",
            "ot=th:",
            "ot=th:xyz",
            "ot=th:123456789abcdef",
            "ot=p:64",
            "ot=p:-1",
            "ot=th:ffffffffffffff",
            "rot=th:8",
        ] {
            assert_eq!(calls(odd), None, "{odd}");
        }
    }

    #[test]
    fn attributes_say_it_as_probability_or_as_rate() {
        let check = |attributes, expected| {
            assert_eq!(weight("", attributes).map(Weight::as_f64), expected, "{attributes:?}");
        };
        check(SamplingAttributes { probability: Some("0.25"), ..Default::default() }, Some(4.0));
        check(SamplingAttributes { probability: Some("0"), ..Default::default() }, None);
        check(SamplingAttributes { rate: Some("20"), ..Default::default() }, Some(20.0));
        let jaeger =
            |sampler_type| SamplingAttributes { sampler_type, sampler_param: Some("0.5"), ..Default::default() };
        check(jaeger(Some("probabilistic")), Some(2.0));
        check(jaeger(Some("ratelimiting")), None);
    }

    #[test]
    fn trace_state_speaks_before_attributes() {
        let attributes = SamplingAttributes { probability: Some("0.5"), ..Default::default() };
        assert_eq!(weight("ot=th:c", attributes).map(Weight::as_f64), Some(4.0));
    }
}
