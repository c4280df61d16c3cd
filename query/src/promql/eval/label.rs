//! `label_replace` and `label_join`: series under other labels.

use regex::Regex;

use super::call::text;
use super::row::{self, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Call, Grid};
use crate::promql::source::anchored;

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
        self.relabelled(call, to, grid, sink, |labels| replaced(labels, &pattern, from, replacement))
    }

    /// `label_join(v, dst, separator, src…)`
    pub(super) fn label_join(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let (to, separator) = (text(call, 1)?, text(call, 2)?);
        let from = (3..call.args.len()).map(|at| text(call, at)).collect::<Result<Vec<_>, _>>()?;
        check_name(call, to)?;
        self.relabelled(call, to, grid, sink, |labels| {
            let values: Vec<&str> = from.iter().map(|name| labels.get(name)).collect();
            Some(values.join(separator))
        })
    }

    /// Gives the label `to` another value, or leaves a series as it is.
    fn relabelled(
        &self,
        call: &Call,
        to: &str,
        grid: Grid,
        sink: Sink<'_>,
        value: impl Fn(&Labels) -> Option<String>,
    ) -> Done {
        let mut rows: Vec<Row> = self.collect(&call.args[0], grid)?;
        self.release(&rows);
        for row in &mut rows {
            if let Some(value) = value(&row.labels) {
                row.labels = row.labels.with(to, value);
                // A name that is set now is meant.
                row.drop_name &= to != NAME;
            }
        }
        row::joined(rows)?.into_iter().try_for_each(sink)
    }
}

/// Any UTF-8 text but the empty one names a label.
fn check_name(call: &Call, name: &str) -> Done {
    if name.is_empty() || name.contains(char::REPLACEMENT_CHARACTER) {
        let function = call.name;
        return Err(QueryFailure::Execution(format!("invalid destination label name in {function}(): {name}")));
    }
    Ok(())
}

fn replaced(labels: &Labels, pattern: &Regex, from: &str, replacement: &str) -> Option<String> {
    let found = pattern.captures(labels.get(from))?;
    let mut value = String::new();
    found.expand(replacement, &mut value);
    Some(value)
}
