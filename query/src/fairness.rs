//! Lets every plan give its thread away.
//!
//! Threads are few and queries share them. DataFusion makes leaves and exchanges yield, but a join or an unnest turns one
//! batch of its input into any number of batches without going back to it, so that a single cross join could keep a
//! thread for minutes, deaf to its own time bound.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// Operators whose output can be much longer than their input.
const MULTIPLIERS: [&str; 6] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "SortMergeJoinExec",
    "UnnestExec",
];

/// The same plan, in which every operator that multiplies rows yields as often as a scan does.
///
/// # Errors
/// When the plan cannot be put together again.
pub(crate) fn share_threads(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let shared = plan.transform_up(|node| {
        if MULTIPLIERS.contains(&node.name()) {
            Ok(Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>))
        } else {
            Ok(Transformed::no(node))
        }
    });
    Ok(shared?.data)
}

#[cfg(test)]
mod tests {
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::SessionContext;

    use super::*;

    async fn plan(query: &str) -> String {
        let frame = SessionContext::new().sql(query).await.unwrap();
        let plan = share_threads(frame.create_physical_plan().await.unwrap()).unwrap();
        displayable(plan.as_ref()).indent(false).to_string()
    }

    #[tokio::test]
    async fn joins_and_unnests_yield() {
        for (query, operator) in [
            ("select * from generate_series(1, 9) a(x), generate_series(1, 9) b(y)", "CrossJoinExec"),
            ("select * from generate_series(1, 9) a(x), generate_series(1, 9) b(y) where x <> y", "NestedLoopJoinExec"),
            ("select * from generate_series(1, 9) a(x), generate_series(1, 9) b(y) where x = y", "HashJoinExec"),
            ("select unnest([x, 2]) from generate_series(1, 9) a(x)", "UnnestExec"),
        ] {
            let plan = plan(query).await;
            let lines: Vec<_> = plan.lines().map(str::trim).collect();
            let at = lines.iter().position(|line| line.starts_with(operator)).unwrap_or_else(|| panic!("{plan}"));
            assert_eq!(lines[at - 1], "CooperativeExec", "{plan}");
        }
    }
}
