//! `label_replace` and `label_join`: series under other labels.

use super::call::text;
use super::row::{self, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Call, Grid};
use crate::promql::source::anchored;

/// The longest label that is made.
const LABEL_BYTES_MAX: usize = 1 << 20;

impl Evaluator<'_> {
    /// `label_replace(v, dst, replacement, src, regex)`
    pub(super) fn label_replace(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let (to, replacement, from) = (text(call, 1)?, text(call, 2)?, text(call, 3)?);
        let pattern = anchored(text(call, 4)?).map_err(|_| {
            QueryFailure::Execution(format!(
                "invalid regular expression in label_replace(): {}",
                text(call, 4).unwrap_or_default()
            ))
        })?;
        check_name(call, to)?;
        self.relabelled(call, to, grid, sink, |labels| {
            let Some(found) = pattern.captures(labels.get(from)) else { return Ok(None) };
            // Each group is a part of what it was found in.
            let groups = replacement.matches('$').count();
            check_length(call, replacement.len() + groups.saturating_mul(labels.get(from).len()))?;
            let mut value = String::new();
            found.expand(replacement, &mut value);
            Ok(Some(value))
        })
    }

    /// `label_join(v, dst, separator, src…)`
    pub(super) fn label_join(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let (to, separator) = (text(call, 1)?, text(call, 2)?);
        let from = (3..call.args.len()).map(|at| text(call, at)).collect::<Result<Vec<_>, _>>()?;
        check_name(call, to)?;
        self.relabelled(call, to, grid, sink, |labels| {
            let values: Vec<&str> = from.iter().map(|name| labels.get(name)).collect();
            let bytes: usize = values.iter().map(|value| value.len() + separator.len()).sum();
            check_length(call, bytes)?;
            Ok(Some(values.join(separator)))
        })
    }

    /// Gives the label `to` another value, or leaves a series as it is.
    fn relabelled(
        &self,
        call: &Call,
        to: &str,
        grid: Grid,
        sink: Sink<'_>,
        value: impl Fn(&Labels) -> Result<Option<String>, QueryFailure>,
    ) -> Done {
        let mut rows: Vec<Row> = self.collect(&call.args[0], grid)?;
        self.release(&rows);
        for row in &mut rows {
            self.check_stop()?;
            if let Some(value) = value(&row.labels)? {
                row.labels = row.labels.with(to, value);
                // A name that is set now is meant.
                row.drop_name &= to != NAME;
            }
        }
        row::joined(rows)?.into_iter().try_for_each(sink)
    }
}

/// Any text but the empty one names a label.
fn check_name(call: &Call, name: &str) -> Done {
    if name.is_empty() {
        let function = call.name;
        return Err(QueryFailure::Execution(format!("invalid destination label name in {function}(): {name}")));
    }
    Ok(())
}

/// # Errors
/// A label that would be longer than any that is meant: what makes labels of labels could grow without an end.
fn check_length(call: &Call, bytes: usize) -> Done {
    if bytes <= LABEL_BYTES_MAX {
        return Ok(());
    }
    let function = call.name;
    Err(QueryFailure::Execution(format!("a label that {function}() makes is longer than {LABEL_BYTES_MAX} bytes")))
}
