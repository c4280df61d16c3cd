//! What is long is laid out: `query/tests/promql/pretty.txt`.

use super::parsed;
use crate::promql::pretty;
use crate::promql::pretty::within;

const CASES: &str = include_str!("../../../../tests/promql/pretty.txt");

/// Lines of the cases are this short, so that what is shown is too.
const LINE_BYTES: usize = 10;

/// Expressions, and what they are laid out as.
fn cases() -> impl Iterator<Item = (&'static str, String)> {
    let cases = CASES.split("\n> ").skip(1).filter_map(|case| case.split_once('\n'));
    cases.map(|(expr, lines)| {
        let lines: Vec<_> = lines.trim_end().lines().map(|line| line.strip_prefix("| ").unwrap_or("")).collect();
        (expr, lines.join("\n"))
    })
}

#[test]
fn expressions_are_laid_out_as_prometheus_lays_them_out() {
    let mut count = 0;
    for (expr, lines) in cases() {
        assert_eq!(within(&parsed(expr), LINE_BYTES), lines, "{expr}");
        assert_eq!(parsed(&lines), parsed(expr), "{expr}");
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn long_expressions_are_split_at_the_outermost_node() {
    let short = "sum by (job) (rate(http_requests_total[5m]))";
    assert_eq!(pretty(&parsed(short)), short);
    let long = "histogram_quantile(0.99, sum by (le, source_workload, destination_workload) \
                (rate(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[5m]))) > on (source_workload) 5";
    let split = "  histogram_quantile(
    0.99,
    sum by (le, source_workload, destination_workload) (
      rate(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[5m])
    )
  )
> on (source_workload)
  vector(5)";
    assert_eq!(pretty(&parsed(&long.replace(") 5", ") vector(5)"))), split);
}
