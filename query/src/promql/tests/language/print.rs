//! What is printed is read as the same tree.

use proptest::prelude::*;

use super::arbitrary::arbitrary_expr;
use super::parsed;
use crate::promql::{explain, pretty};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_is_read_as_the_same_tree(tree in arbitrary_expr()) {
        prop_assert_eq!(parsed(&tree.to_string()), tree);
    }

    #[test]
    fn what_is_laid_out_is_read_as_the_same_tree(tree in arbitrary_expr()) {
        let laid_out = pretty(&tree);
        prop_assert_eq!(&parsed(&laid_out), &tree);
        prop_assert_eq!(pretty(&parsed(&laid_out)), laid_out);
    }
}

#[test]
fn explain_shows_every_stage() {
    let shown = explain("rate(x[5m]) > bool\n  -y").unwrap();
    assert_eq!(
        shown,
        "tokens:
  1:1 identifier \"rate\"
  1:5 \"(\"
  1:6 identifier \"x\"
  1:7 \"[\"
  1:8 duration \"5m\"
  1:10 \"]\"
  1:11 \")\"
  1:13 <op:>>
  1:15 <bool>
  2:3 <op:->
  2:4 identifier \"y\"
  2:5 end of input
query: rate(x[5m]) > bool -y
tree:
  1:1 > bool: instant vector
    1:1 rate(): instant vector
      1:6 x[5m]: range vector
    2:3 -: instant vector
      2:4 y: instant vector
plan, of an hour in steps of a minute:
  fetch:
    #0 {__name__=\"x\"} after start - 5m until end
    #1 {__name__=\"y\"} after start - 5m until end
  evaluate:
    operator >
      function rate, window by window
        samples in windows of 5m of #0
      negate
        latest samples of #1
"
    );
}
