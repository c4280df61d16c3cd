//! Expressions as texts.
//!
//! Evaluators that sum in another order differ in the last digits, and what jumps (a comparison, `floor`, a counter's
//! reset, a division by what should be zero) would make that visible. It is therefore applied to exact values only: samples,
//! counts, extremes, and sums and differences of them.

use proptest::prelude::*;

type Text = BoxedStrategy<String>;

fn one_of(words: &'static [&'static str]) -> Text {
    prop::sample::select(words).prop_map(str::to_owned).boxed()
}

const METRICS: &[&str] = &["m", "n", "c_total", "h_bucket", r#"{__name__=~"m|n"}"#, r#"{a="x"}"#, "none"];
const MATCHERS: &[&str] =
    &["", "", r#"{a="x"}"#, r#"{a!="x"}"#, r#"{b=~"x|y"}"#, r#"{b!~"x.*"}"#, r#"{a="",b=~".*"}"#, r#"{a=~".+"}"#];
const RANGES: &[&str] = &["10s", "45s", "1m", "2m", "5m", "10m"];
const MOVES: &[&str] =
    &["", "", "", "", " offset 30s", " offset -1m", " @ 300", " @ start()", " @ end()", " @ 600.5 offset 2m"];
const LABELS: &[&str] = &["a", "b", "a, b", "", "le", "a, c", "__name__", "a, __name__"];
const NUMBERS: &[&str] = &["0", "1", "2", "-1", "0.25", "100", "Inf", "NaN", "1m"];
/// Between the ranks that samples have.
const QUANTILES: &[&str] = &["0.371", "0.913", "-1", "2", "0", "1"];

fn selector() -> Text {
    let plain =
        (one_of(&["m", "n", "c_total", "h_bucket"]), one_of(MATCHERS)).prop_map(|(name, matchers)| name + &matchers);
    (prop_oneof![3 => plain, 1 => one_of(METRICS)], one_of(MOVES))
        .prop_map(|(selector, moved)| selector + &moved)
        .boxed()
}

/// A range of exact values.
fn range(depth: u32) -> Text {
    let plain = (one_of(&["m", "n", "c_total", "h_bucket"]), one_of(MATCHERS), one_of(RANGES), one_of(MOVES));
    let plain = plain.prop_map(|(name, matchers, range, moved)| format!("{name}{matchers}[{range}]{moved}"));
    if depth == 0 {
        return plain.boxed();
    }
    let steps = one_of(&["", "10s", "30s", "1m"]);
    let subquery = (exact(depth - 1), one_of(RANGES), steps, one_of(MOVES));
    let subquery = subquery.prop_map(|(of, range, step, moved)| format!("({of})[{range}:{step}]{moved}"));
    prop_oneof![4 => plain, 1 => subquery].boxed()
}

fn call(functions: &'static [&'static str], arg: Text) -> Text {
    (one_of(functions), arg).prop_map(|(name, arg)| format!("{name}({arg})")).boxed()
}

fn clause() -> Text {
    let clause = (one_of(&["by", "without"]), one_of(LABELS)).prop_map(|(word, labels)| format!(" {word} ({labels}) "));
    prop_oneof![1 => Just(" ".to_owned()), 3 => clause].boxed()
}

fn aggregation(operations: &'static [&'static str], operand: Text) -> Text {
    (one_of(operations), clause(), operand).prop_map(|(op, clause, operand)| format!("{op}{clause}({operand})")).boxed()
}

/// How elements of both sides meet.
fn matching() -> Text {
    let on = (one_of(&["on", "ignoring"]), one_of(&["a", "b", "a, b", "", "le"]));
    let on = on.prop_map(|(word, labels)| format!("{word} ({labels})"));
    let group = one_of(&["", "", "", " group_left ()", " group_right ()", " group_left (b)", " group_right (a, c)"]);
    // What is matched by cannot be included.
    let both = (on, group).prop_map(|(on, group)| match on.starts_with("on") && !on.ends_with("()") {
        true if group.ends_with("(b)") || group.ends_with("(a, c)") => on + " group_left (c)",
        _ => on + &group,
    });
    prop_oneof![1 => Just(String::new()), 3 => both].boxed()
}

fn between(left: Text, ops: &'static [&'static str], right: Text) -> Text {
    (left, one_of(ops), matching(), right)
        .prop_map(|(left, op, matching, right)| format!("({left}) {op} {matching} ({right})"))
        .boxed()
}

fn set(left: Text, right: Text) -> Text {
    let on = (one_of(&["on", "ignoring"]), one_of(&["a", "b", "a, b", ""]));
    let on = prop_oneof![Just(String::new()), on.prop_map(|(word, labels)| format!("{word} ({labels})"))];
    (left, one_of(&["and", "or", "unless"]), on, right)
        .prop_map(|(left, op, on, right)| format!("({left}) {op} {on} ({right})"))
        .boxed()
}

const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "== bool", "!= bool", "< bool", ">= bool"];

/// A number; exact.
fn scalar(depth: u32) -> Text {
    let plain = prop_oneof![4 => one_of(NUMBERS), 1 => Just("time()".to_owned()), 1 => Just("pi()".to_owned())];
    if depth == 0 {
        return plain.boxed();
    }
    let of_vector = exact(depth - 1).prop_map(|vector| format!("scalar({vector})"));
    let sides = (scalar(depth - 1), one_of(&["+", "-", "*", "/", "%", "> bool", "== bool"]), scalar(depth - 1));
    let both = sides.prop_map(|(left, op, right)| format!("({left} {op} {right})"));
    prop_oneof![3 => plain, 1 => of_vector, 1 => both].boxed()
}

/// A vector whose values are exact.
fn exact(depth: u32) -> Text {
    if depth == 0 {
        return selector();
    }
    let inner = || exact(depth - 1);
    let over_time = &[
        "min_over_time",
        "max_over_time",
        "last_over_time",
        "first_over_time",
        "count_over_time",
        "present_over_time",
        "sum_over_time",
        "changes",
        "resets",
        "absent_over_time",
        "idelta",
    ];
    let of_values = &["abs", "ceil", "floor", "round", "sgn", "timestamp", "-", "+", "sort", "sort_desc"];
    let of_dates = &["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month", "year", "days_in_month"];
    let with_scalar = (inner(), one_of(&["+", "-", "*"]), one_of(&["2", "-0.5", "0", "Inf"]));
    let compared = (inner(), one_of(COMPARISONS), scalar(depth - 1), any::<bool>());
    let clamped = (inner(), one_of(&["-10", "0", "5"]), one_of(&["-20", "7", "Inf"]));
    let rounded = (inner(), one_of(&["0.5", "4", "0.125"]));
    prop_oneof![
        4 => selector(),
        3 => call(over_time, range(depth - 1)),
        2 => call(of_values, inner()),
        1 => call(of_dates, inner()),
        3 => aggregation(&["sum", "min", "max", "count", "group"], inner()),
        1 => with_scalar.prop_map(|(left, op, right)| format!("({left}) {op} {right}")),
        1 => compared.prop_map(|(left, op, right, swapped)| {
            if swapped { format!("{right} {op} ({left})") } else { format!("({left}) {op} {right}") }
        }),
        1 => between(inner(), &["+", "-"], inner()),
        2 => between(inner(), COMPARISONS, inner()),
        2 => set(inner(), inner()),
        1 => clamped.prop_map(|(of, low, high)| format!("clamp({of}, {low}, {high})")),
        1 => rounded.prop_map(|(of, to)| format!("round({of}, {to})")),
        1 => (one_of(&["clamp_min", "clamp_max"]), inner(), scalar(0)).prop_map(|(f, of, at)| format!("{f}({of}, {at})")),
        1 => scalar(depth - 1).prop_map(|scalar| format!("vector({scalar})")),
        1 => inner().prop_map(|of| format!("absent({of})")),
        1 => inner().prop_map(|of| format!("({of})")),
        1 => relabelled(inner()),
        1 => (one_of(&["v", "a"]), clause(), inner()).prop_map(|(to, by, of)| format!("count_values{by}(\"{to}\", {of})")),
    ]
    .boxed()
}

fn relabelled(of: Text) -> Text {
    let replace = one_of(&[
        r#""a", "$1-z", "b", "(.*)""#,
        r#""c", "${1}", "a", "(x).*""#,
        r#""a", "", "b", ".*""#,
        r#""__name__", "new_$0", "a", ".+""#,
        r#""b", "y", "a", "x""#,
    ]);
    let join = one_of(&[r#""c", "-", "a", "b""#, r#""a", "", "b""#, r#""__name__", "_", "a", "b""#]);
    let replace = (of.clone(), replace).prop_map(|(of, how)| format!("label_replace({of}, {how})"));
    let join = (of, join).prop_map(|(of, how)| format!("label_join({of}, {how})"));
    prop_oneof![2 => replace, 1 => join].boxed()
}

/// A vector whose values may differ in their last digits.
fn inexact(depth: u32) -> Text {
    if depth == 0 {
        return call(&["rate", "increase", "delta", "avg_over_time", "deriv"], range(0));
    }
    let inner = || inexact(depth - 1);
    let of_ranges =
        &["rate", "increase", "delta", "irate", "deriv", "avg_over_time", "stddev_over_time", "stdvar_over_time"];
    let of_exact = &[
        "sqrt", "ln", "log2", "log10", "exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
        "asinh", "acosh", "atanh", "deg", "rad",
    ];
    let quantiles = (one_of(QUANTILES), range(depth - 1));
    let predicted = (range(depth - 1), one_of(&["60", "-3600", "0"]));
    let classic = (one_of(QUANTILES), one_of(&["le", "a, le", "le, b"]), one_of(RANGES));
    let shares = (one_of(&["0", "1", "-Inf"]), one_of(&["3", "0.5", "Inf"]));
    prop_oneof![
        4 => call(of_ranges, range(depth - 1)),
        2 => quantiles.prop_map(|(q, of)| format!("quantile_over_time({q}, {of})")),
        1 => predicted.prop_map(|(of, after)| format!("predict_linear({of}, {after})")),
        1 => call(of_exact, exact(depth - 1)),
        3 => aggregation(&["sum", "avg", "min", "max"], inner()),
        2 => aggregation(&["avg", "stddev", "stdvar"], exact(depth - 1)),
        1 => (one_of(QUANTILES), clause(), inner()).prop_map(|(q, by, of)| format!("quantile{by}({q}, {of})")),
        1 => between(inner(), &["+", "-", "*"], inner()),
        2 => between(inner(), &["*", "/", "+", "^", "%", "atan2"], exact(depth - 1)).prop_filter("jumps", |text| {
            !text.contains(") % ") && !text.contains(") ^ ") && !text.contains(") atan2 ")
        }),
        1 => between(exact(depth - 1), &["/", "%", "atan2"], exact(depth - 1)),
        1 => set(inner(), exact(depth - 1)),
        1 => relabelled(inner()),
        1 => (inner(), scalar(depth - 1)).prop_map(|(left, right)| format!("({left}) * {right}")),
        1 => classic.prop_map(|(q, by, range)| format!("histogram_quantile({q}, sum by ({by}) (rate(h_bucket[{range}])))")),
        1 => exact(depth - 1).prop_map(|of| format!("histogram_quantile(0.371, {of})")),
        1 => shares.prop_map(|(low, high)| format!("histogram_fraction({low}, {high}, h_bucket)")),
    ]
    .boxed()
}

/// A whole query of what the naive evaluator knows.
pub fn whole() -> Text {
    prop_oneof![3 => exact(3), 3 => inexact(3), 1 => scalar(2), 1 => range(1).prop_map(|of| format!("count_over_time({of})"))]
        .boxed()
}

/// Filled matches, info metrics and functions that may still change.
fn experimental() -> Text {
    let fills = one_of(&["fill (0)", "fill_left (1)", "fill_right (NaN)", "fill_left (-1) fill_right (2)"]);
    let on = one_of(&["", "on (a)", "ignoring (b)", "on (a) group_left ()", "ignoring (b) group_right ()"]);
    let ops = one_of(&["+", "*", "==", "> bool", "atan2"]);
    let filled = (exact(1), ops, on, fills, exact(1));
    let filled = filled.prop_map(|(left, op, on, fill, right)| format!("({left}) {op} {on} {fill} ({right})"));
    let smoothing = (one_of(&["0.3", "0.9"]), range(1));
    let smoothing = smoothing.prop_map(|(factor, of)| format!("double_exponential_smoothing({of}, {factor}, 0.5)"));
    let over_time = &["mad_over_time", "ts_of_min_over_time", "ts_of_max_over_time", "ts_of_first_over_time"];
    let info = (exact(1), one_of(&[r#"{__name__="n"}"#, r#"{b=~".+"}"#, r#"{__name__=~"m|n", b="x"}"#]));
    let quantiles = prop::sample::select(&["h_bucket", "nh", "rate(nh[2m])"][..]);
    let quantiles = quantiles.prop_map(|of| format!(r#"histogram_quantiles({of}, "q", 0.371, 0.913)"#));
    prop_oneof![
        3 => filled,
        1 => smoothing,
        1 => call(over_time, range(1)),
        1 => info.prop_map(|(of, with)| format!("info({of}, {with})")),
        1 => quantiles,
        1 => one_of(&["max_of(scalar(m), 2)", "min_of(time(), 300)", "start_timestamp(m)", "vector(max_of(1, 2))"]),
        1 => exact(1).prop_map(|of| format!(r#"sort_by_label({of}, "a", "b")"#)),
    ]
    .prop_filter("of the query's times", |text| !text.contains("start()") && !text.contains("end()"))
    .boxed()
}

/// Any query: also experimental functions, native histograms and edges of windows.
pub fn any_kind() -> Text {
    let of_histograms =
        &["histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "-", "abs", "sum", "avg"];
    let over_time = &[
        "rate",
        "increase",
        "sum_over_time",
        "avg_over_time",
        "last_over_time",
        "first_over_time",
        "count_over_time",
        "irate",
        "delta",
        "idelta",
        "resets",
        "changes",
        "mad_over_time",
        "ts_of_max_over_time",
        "ts_of_last_over_time",
    ];
    let selector = || one_of(&["nh", r#"nh{a="x"}"#, "nh offset 1m", "m", r#"{a="x"}"#]);
    let windows = (one_of(over_time), selector(), one_of(RANGES)).prop_map(|(f, of, range)| match of.split_once(' ') {
        Some((of, moved)) => format!("{f}({of}[{range}] {moved})"),
        None => format!("{f}({of}[{range}])"),
    });
    let edges = (one_of(&["rate", "increase", "delta", "resets", "changes"]), one_of(RANGES), any::<bool>());
    let edges = edges.prop_map(|(f, range, anchored)| {
        let edges = if anchored || matches!(&*f, "resets" | "changes") { "anchored" } else { "smoothed" };
        format!("{f}(m[{range}] {edges})")
    });
    let windows = prop_oneof![3 => windows, 1 => edges].boxed();
    let limits =
        (one_of(&["limitk", "limit_ratio", "topk", "bottomk"]), clause(), one_of(&["1", "0.5", "-0.3"]), selector());
    let quantiles = (one_of(QUANTILES), windows.clone());
    prop_oneof![
        3 => windows.clone(),
        2 => experimental(),
        2 => call(of_histograms, windows),
        1 => aggregation(&["sum", "avg", "count", "group", "min"], selector()),
        1 => between(selector(), &["+", "-", "*", "/", "==", "!=", ">", "</", ">/"], selector()),
        1 => quantiles.prop_map(|(q, of)| format!("histogram_quantile({q}, {of})")),
        1 => limits.prop_filter("few ties", |(op, ..)| op.starts_with("limit"))
            .prop_map(|(op, by, k, of)| format!("{op}{by}({k}, {of})")),
        4 => whole().prop_filter("of the query's times", |text| !text.contains("start()") && !text.contains("end()")),
    ]
    .boxed()
}
