//! Rules to PromQL: every `@` stands before a metric, and becomes all selectors of the service.
//!
//! | template | PromQL |
//! | --- | --- |
//! | `@metric` | `(metric{a} or metric{b})` |
//! | `@metric{x="y"}` | `(metric{x="y",a} or metric{x="y",b})` |
//! | `@rate:metric` | `(rate(metric{a}[120000ms]) or rate(metric{b}[120000ms]))` |
//!
//! `or` takes a series that two selectors find once, and `rate` is the same of both.

use super::rules::Rule;
use super::selector::ServiceName;

/// The word that asks for what a counter grew by per second.
const RATE: &str = "rate:";

/// The query of a rule for a service; counters are looked at over `window_ms`.
pub(super) fn filled(rule: &Rule, service: &ServiceName, window_ms: i64) -> String {
    let selectors = service.selectors(rule.whose);
    let mut parts = rule.expression.split('@');
    let mut query = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (is_rate, part) = part.strip_prefix(RATE).map_or((false, part), |part| (true, part));
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
        let (metric, rest) = part.split_at(end);
        let (own, rest) = own_matchers(rest);
        let one = |selector: &String| {
            let selector = if own.is_empty() { selector.clone() } else { format!("{own},{selector}") };
            match is_rate {
                true => format!("rate({metric}{{{selector}}}[{window_ms}ms])"),
                false => format!("{metric}{{{selector}}}"),
            }
        };
        let all: Vec<String> = selectors.iter().map(one).collect();
        query.push_str(&format!("({}){rest}", all.join(" or ")));
    }
    query
}

/// What stands in braces right behind a metric, and what comes after them.
fn own_matchers(rest: &str) -> (&str, &str) {
    let braced = rest.strip_prefix('{').and_then(|inside| inside.split_once('}'));
    braced.unwrap_or(("", rest))
}
