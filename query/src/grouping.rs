//! Groups rows by texts without looking at the texts.
//!
//! DataFusion hashes and compares the text of every row; here a text is looked at once for each code that a scan of ours gives,
//! or for each view into the dictionaries of pages, and groups are found by numbers. What comes out is what DataFusion's partial
//! aggregation gives, and all that comes after it is DataFusion's.

/// Texts to numbers.
mod codes;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::GroupsAccumulatorAdapter;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput as _};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, InputOrderMode, PhysicalExpr, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use self::codes::{Groups, TextColumn};
use crate::table::with_codes;

/// Groups that are held; then what is known of them is given out and begun anew, and what comes after puts it together.
const GROUPS_MAX: usize = 64 * 1024;

/// Lets rows be grouped by the codes of texts where they can be.
#[derive(Debug)]
pub(crate) struct GroupByCodes;

impl PhysicalOptimizerRule for GroupByCodes {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        group_by_codes(plan)
    }

    fn name(&self) -> &'static str {
        "group_by_codes"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn group_by_codes(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let grouped = plan.transform_up(|node| {
        let coded = node.downcast_ref::<AggregateExec>().and_then(TextGroupsExec::of);
        coded.map_or(Ok(Transformed::no(node)), |coded| Ok(Transformed::yes(coded.coded()?)))
    });
    Ok(grouped?.data)
}

/// A partial aggregation by columns of texts.
#[derive(Debug, Clone)]
struct TextGroupsExec {
    /// What it stands for.
    aggregate: AggregateExec,
    /// The rows that it groups: those of the aggregation's input, whose texts may be codes.
    input: Arc<dyn ExecutionPlan>,
    /// The columns of the input by which it groups.
    columns: Vec<usize>,
    metrics: ExecutionPlanMetricsSet,
}

impl TextGroupsExec {
    /// `None` if the aggregation is another one.
    fn of(aggregate: &AggregateExec) -> Option<Self> {
        let groups = aggregate.group_expr();
        let is_plain = *aggregate.mode() == AggregateMode::Partial
            && groups.is_single()
            && !groups.is_empty()
            && *aggregate.input_order_mode() == InputOrderMode::Linear
            && aggregate.limit_options().is_none()
            && aggregate.dynamic_expressions_produced().is_empty()
            && aggregate.filter_expr().iter().all(Option::is_none)
            && aggregate.aggr_expr().iter().all(|function| !function.is_distinct() && function.order_bys().is_empty());
        if !is_plain {
            return None;
        }
        let input = aggregate.input().schema();
        let text = |expr: &Arc<dyn PhysicalExpr>| {
            let index = expr.downcast_ref::<Column>()?.index();
            (*input.field(index).data_type() == DataType::Utf8View).then_some(index)
        };
        let columns = groups.expr().iter().map(|(expr, _)| text(expr)).collect::<Option<Vec<_>>>()?;
        let input = Arc::clone(aggregate.input());
        Some(Self { aggregate: aggregate.clone(), input, columns, metrics: ExecutionPlanMetricsSet::new() })
    }

    /// The same, whose input gives codes where it can: of texts that are looked at for nothing but groups. Where it is a union
    /// of which a part can, each part is grouped by itself.
    fn coded(self) -> Result<Arc<dyn ExecutionPlan>> {
        let functions = self.aggregate.aggr_expr().iter();
        let read: BTreeSet<usize> = functions
            .flat_map(|function| function.expressions())
            .flat_map(|argument| collect_columns(&argument))
            .map(|column| column.index())
            .collect();
        let columns: BTreeSet<usize> = self.columns.iter().copied().filter(|column| !read.contains(column)).collect();
        let Some(union) = self.input.downcast_ref::<UnionExec>() else {
            let input = with_codes(&self.input, &columns).unwrap_or_else(|| Arc::clone(&self.input));
            return Ok(Arc::new(Self { input, ..self }));
        };
        if union.inputs().iter().all(|part| with_codes(part, &columns).is_none()) {
            return Ok(Arc::new(self));
        }
        let aggregate: Arc<dyn ExecutionPlan> = Arc::new(self.aggregate.clone());
        let parts = union.inputs().iter().map(|part| {
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            group_by_codes(Arc::clone(&aggregate).replace_children(vec![Arc::clone(part)], options)?)
        });
        UnionExec::try_new(parts.collect::<Result<_>>()?)
    }
}

impl DisplayAs for TextGroupsExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextGroupsExec: ")?;
        self.aggregate.fmt_as(kind, f)
    }
}

impl ExecutionPlan for TextGroupsExec {
    fn name(&self) -> &str {
        "TextGroupsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.aggregate.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let is_like = |input: &Arc<dyn ExecutionPlan>| {
            let partitions = |plan: &Arc<dyn ExecutionPlan>| plan.properties().output_partitioning().partition_count();
            input.schema() == self.input.schema() && partitions(input) == partitions(&self.input)
        };
        match children.as_slice() {
            [input] if is_like(input) => {
                let (input, metrics) = (Arc::clone(input), ExecutionPlanMetricsSet::new());
                Ok(Arc::new(Self { input, metrics, ..Self::clone(&self) }))
            }
            _ if self.input.schema() == self.aggregate.input().schema() => {
                group_by_codes(Arc::new(self.aggregate.clone()).replace_children(children, options)?)
            }
            _ => internal_err!("{} has codes for texts, and another input may not", self.name()),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.aggregate.apply_expressions(visit)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let schema = self.schema();
        let memory = MemoryConsumer::new(format!("{}[{partition}]", self.name())).register(context.memory_pool());
        let grouping = Grouping {
            groups: Groups::new(self.columns.len()),
            columns: self.columns.clone(),
            aggregates: self.aggregate.aggr_expr().iter().map(Aggregate::new).collect::<Result<_>>()?,
            schema: Arc::clone(&schema),
            batch_rows: context.session_config().batch_size(),
            indices: Vec::new(),
            memory,
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, grouping.run(input))))
    }
}

/// One function, its arguments and what it has of each group.
struct Aggregate {
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    accumulator: Box<dyn GroupsAccumulator>,
}

impl Aggregate {
    fn new(function: &Arc<AggregateFunctionExpr>) -> Result<Self> {
        let accumulator = if function.groups_accumulator_supported() {
            function.create_groups_accumulator()?
        } else {
            let each = Arc::clone(function);
            Box::new(GroupsAccumulatorAdapter::new(move || each.create_accumulator()))
        };
        Ok(Self { arguments: function.expressions(), accumulator })
    }
}

/// The rows of a partition, grouped.
struct Grouping {
    groups: Groups,
    columns: Vec<usize>,
    aggregates: Vec<Aggregate>,
    /// Of what is given out.
    schema: SchemaRef,
    batch_rows: usize,
    /// The groups of a batch's rows.
    indices: Vec<usize>,
    memory: MemoryReservation,
    metrics: BaselineMetrics,
}

impl Grouping {
    /// Takes all rows, then gives out the groups; earlier where they are many.
    fn run(self, input: SendableRecordBatchStream) -> impl futures::Stream<Item = Result<RecordBatch>> + Send {
        let batches = stream::try_unfold((self, Some(input)), |(mut own, input)| async move {
            let Some(mut input) = input else { return Ok::<_, DataFusionError>(None) };
            while let Some(batch) = input.next().await {
                if own.add(&batch?)? {
                    let given = own.give()?;
                    return Ok(Some((given, (own, Some(input)))));
                }
            }
            let given = own.give()?;
            Ok(Some((given, (own, None))))
        });
        batches.map_ok(|batches| stream::iter(batches.into_iter().map(Ok))).try_flatten()
    }

    /// Returns whether groups shall be given out before the next rows.
    fn add(&mut self, batch: &RecordBatch) -> Result<bool> {
        let compute = self.metrics.elapsed_compute().clone();
        let _timer = compute.timer();
        if batch.num_rows() == 0 {
            return Ok(false);
        }
        let texts = self.columns.iter().map(|column| TextColumn::of(batch.column(*column)));
        self.groups.find(&texts.collect::<Result<Vec<_>>>()?, &mut self.indices);
        for Aggregate { arguments, accumulator } in &mut self.aggregates {
            let value = |argument: &Arc<dyn PhysicalExpr>| argument.evaluate(batch)?.into_array(batch.num_rows());
            let values = arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
            accumulator.update_batch(&values, &self.indices, None, self.groups.len())?;
        }
        let held: usize = self.aggregates.iter().map(|aggregate| aggregate.accumulator.size()).sum();
        let fits = self.memory.try_resize(held + self.groups.bytes() + self.indices.capacity() * size_of::<usize>());
        Ok(self.groups.len() >= GROUPS_MAX || fits.is_err())
    }

    /// What is known of all groups, which are forgotten.
    fn give(&mut self) -> Result<Vec<RecordBatch>> {
        let compute = self.metrics.elapsed_compute().clone();
        let _timer = compute.timer();
        if self.groups.len() == 0 {
            return Ok(Vec::new());
        }
        let mut columns: Vec<ArrayRef> = self.groups.take();
        for Aggregate { accumulator, .. } in &mut self.aggregates {
            columns.extend(accumulator.state(EmitTo::All)?);
        }
        let all = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        // What is given out is held already; where there is no room to say so, it goes all the same, and room comes of it.
        let _ = self.memory.try_resize(all.get_array_memory_size());
        let starts = (0..all.num_rows()).step_by(self.batch_rows.max(1));
        let pieces = starts.map(|start| all.slice(start, self.batch_rows.min(all.num_rows() - start)));
        Ok(pieces.map(|piece| piece.record_output(&self.metrics)).collect())
    }
}

#[cfg(test)]
mod tests;
