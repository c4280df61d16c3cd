//! Functions of vectors and numbers; those of ranges are elsewhere.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use regex::Regex;

use super::super::super::labels::{Labels, NAME};
use super::super::super::source::{MatchOp, Matcher};
use super::super::super::tree::{Call, Expr, ValueType};
use super::{Element, Naive, Out, Outcome, distinct, mapped, quantile, unknown, window};

pub(super) fn eval(naive: &Naive<'_>, call: &Call, time_ms: i64) -> Outcome<Out> {
    let scalar = |at: usize| naive.scalar(&call.args[at], time_ms);
    let vector = |at: usize| naive.vector(&call.args[at], time_ms);
    let now = time_ms as f64 / 1000.0;
    let elements = match call.function.name {
        "time" => return Ok(Out::Scalar(now)),
        "pi" => return Ok(Out::Scalar(std::f64::consts::PI)),
        "scalar" => {
            let elements = vector(0)?;
            return Ok(Out::Scalar(if elements.len() == 1 { elements[0].value } else { f64::NAN }));
        }
        "vector" => vec![Element { labels: Labels::default(), nameless: false, value: scalar(0)? }],
        "absent" => absent(&call.args[0], vector(0)?.is_empty()),
        "absent_over_time" => match naive.eval(&call.args[0], time_ms)? {
            Out::Matrix { series, .. } => absent(&call.args[0], series.is_empty()),
            other => return Err(format!("no range: {other:?}")),
        },
        "timestamp" => timestamps(naive, &call.args[0], time_ms)?,
        "sort" => sorted(vector(0)?, false),
        "sort_desc" => sorted(vector(0)?, true),
        "label_replace" => label_replace(vector(0)?, &strings(&call.args[1..])?)?,
        "label_join" => label_join(vector(0)?, &strings(&call.args[1..])?)?,
        "histogram_quantile" => {
            let q = scalar(0)?;
            let histograms = quantile::classic(&vector(1)?)?.into_iter();
            let value =
                |(labels, buckets)| Element { labels, nameless: false, value: quantile::of_histogram(q, buckets) };
            histograms.map(value).collect()
        }
        "histogram_fraction" => {
            let (lower, upper) = (scalar(0)?, scalar(1)?);
            let histograms = quantile::classic(&vector(2)?)?.into_iter();
            let shares = histograms.map(|(labels, buckets)| Element {
                labels,
                nameless: false,
                value: quantile::share(lower, upper, buckets),
            });
            shares.collect()
        }
        "histogram_count" | "histogram_sum" | "histogram_avg" | "histogram_stddev" | "histogram_stdvar" => Vec::new(),
        _ if call.args.iter().any(|arg| arg.value_type() == ValueType::Matrix) => {
            return window::eval(naive, call, time_ms);
        }
        name => {
            let operand = match call.args.first() {
                Some(_) => vector(0)?,
                None => vec![Element { labels: Labels::default(), nameless: false, value: now }],
            };
            let args: Vec<f64> = (1..call.args.len()).map(scalar).collect::<Outcome<_>>()?;
            if name == "clamp" && args[1] < args[0] {
                return Ok(Out::Vector(Vec::new()));
            }
            let known = changed(name, 1.0, &args).is_some();
            if !known {
                return unknown(name);
            }
            if operand.iter().any(|element| changed(name, element.value, &args).is_none()) {
                return unknown(FAR_DATES);
            }
            mapped(operand, |value| changed(name, value, &args).unwrap_or(f64::NAN))
        }
    };
    Ok(Out::Vector(elements))
}

/// Beyond what a calendar tells.
pub const FAR_DATES: &str = "dates so far away";

/// The value of a function of one value; `None` where there is no such function or no such date.
fn changed(name: &str, value: f64, args: &[f64]) -> Option<f64> {
    let arg = |at: usize| args.get(at).copied().unwrap_or(f64::NAN);
    Some(match name {
        "abs" => value.abs(),
        "ceil" => value.ceil(),
        "floor" => value.floor(),
        "exp" => value.exp(),
        "sqrt" => value.sqrt(),
        "ln" => value.ln(),
        "log2" => value.log2(),
        "log10" => value.log10(),
        "sin" => value.sin(),
        "cos" => value.cos(),
        "tan" => value.tan(),
        "asin" => value.asin(),
        "acos" => value.acos(),
        "atan" => value.atan(),
        "sinh" => value.sinh(),
        "cosh" => value.cosh(),
        "tanh" => value.tanh(),
        "asinh" => value.asinh(),
        "acosh" => value.acosh(),
        "atanh" => value.atanh(),
        "deg" => value * 180.0 / std::f64::consts::PI,
        "rad" => value * std::f64::consts::PI / 180.0,
        "sgn" if value > 0.0 => 1.0,
        "sgn" if value < 0.0 => -1.0,
        "sgn" => value,
        "round" => {
            let per = 1.0 / args.first().copied().unwrap_or(1.0);
            (value * per + 0.5).floor() / per
        }
        "clamp" => larger(arg(0), smaller(arg(1), value)),
        "clamp_min" => larger(arg(0), value),
        "clamp_max" => smaller(arg(0), value),
        _ => of_date(name, value)?,
    })
}

/// Where one is not a number there is none, but nothing is larger than infinity.
fn larger(a: f64, b: f64) -> f64 {
    let is_nan = (a.is_nan() || b.is_nan()) && a != f64::INFINITY && b != f64::INFINITY;
    if is_nan { f64::NAN } else { a.max(b) }
}

fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}

fn of_date(name: &str, seconds: f64) -> Option<f64> {
    let whole = seconds.is_finite().then_some(seconds as i64)?;
    let date: DateTime<Utc> = DateTime::from_timestamp(whole, 0)?;
    let value = match name {
        "minute" => date.minute(),
        "hour" => date.hour(),
        "day_of_week" => date.weekday().num_days_from_sunday(),
        "day_of_month" => date.day(),
        "day_of_year" => date.ordinal(),
        "month" => date.month(),
        "year" => return Some(f64::from(date.year())),
        "days_in_month" => {
            let (year, month) = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
            NaiveDate::from_ymd_opt(year, month, 1)?.pred_opt()?.day()
        }
        _ => return None,
    };
    Some(f64::from(value))
}

fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(node) => unwrapped(&node.inner),
        other => other,
    }
}

fn timestamps(naive: &Naive<'_>, arg: &Expr, time_ms: i64) -> Outcome<Vec<Element>> {
    if let Expr::Vector(selector) = unwrapped(arg) {
        let elements = naive.instant(selector, time_ms)?.into_iter();
        let timed = |(element, at): (Element, i64)| Element { value: at as f64 / 1000.0, nameless: true, ..element };
        return Ok(elements.map(timed).collect());
    }
    Ok(mapped(naive.vector(arg, time_ms)?, |_| time_ms as f64 / 1000.0))
}

/// One element with the labels that the selector names, where there is nothing else.
fn absent(arg: &Expr, is_absent: bool) -> Vec<Element> {
    if !is_absent {
        return Vec::new();
    }
    let matchers: &[Matcher] = match unwrapped(arg) {
        Expr::Vector(selector) => &selector.matchers,
        Expr::Matrix(matrix) => &matrix.selector.matchers,
        _ => &[],
    };
    let of_name = |name: &str| matchers.iter().filter(|matcher| *matcher.name == *name).count();
    let named = matchers
        .iter()
        .filter(|matcher| matcher.op == MatchOp::Equal && *matcher.name != *NAME && of_name(&matcher.name) == 1);
    let labels = Labels::new(named.map(|matcher| (matcher.name.clone(), matcher.value.clone())));
    vec![Element { labels, nameless: false, value: 1.0 }]
}

fn sorted(mut elements: Vec<Element>, descending: bool) -> Vec<Element> {
    elements.sort_by(|a, b| match (a.value.is_nan(), b.value.is_nan()) {
        (false, false) if descending => b.value.total_cmp(&a.value),
        (false, false) => a.value.total_cmp(&b.value),
        (left, right) => left.cmp(&right),
    });
    elements
}

fn strings(args: &[Expr]) -> Outcome<Vec<&str>> {
    let string = |arg| match unwrapped(arg) {
        Expr::String(node) => Ok(node.value.as_str()),
        other => Err(format!("no string: {other:?}")),
    };
    args.iter().map(string).collect()
}

fn relabelled(element: Element, name: &str, value: &str) -> Element {
    let nameless = element.nameless && name != NAME;
    Element { labels: element.labels.with(name, value), nameless, ..element }
}

fn label_replace(elements: Vec<Element>, strings: &[&str]) -> Outcome<Vec<Element>> {
    let [target, replacement, source, pattern] = strings else { return Err("too few strings".to_owned()) };
    let pattern = Regex::new(&format!("^(?s:{pattern})$")).map_err(|error| error.to_string())?;
    let replaced = elements.into_iter().map(|element| {
        let Some(captures) = pattern.captures(element.labels.get(source)) else { return element.clone() };
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        relabelled(element.clone(), target, &value)
    });
    let replaced: Vec<Element> = replaced.collect();
    distinct(&replaced).map(|()| replaced)
}

fn label_join(elements: Vec<Element>, strings: &[&str]) -> Outcome<Vec<Element>> {
    let [target, separator, sources @ ..] = strings else { return Err("too few strings".to_owned()) };
    let joined = elements.into_iter().map(|element| {
        let values: Vec<&str> = sources.iter().map(|source| element.labels.get(source)).collect();
        let value = values.join(separator);
        relabelled(element.clone(), target, &value)
    });
    let joined: Vec<Element> = joined.collect();
    distinct(&joined).map(|()| joined)
}
