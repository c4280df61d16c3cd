//! The same rows grouped by DataFusion and by codes.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, DictionaryArray, Int64Array, StringViewArray};
use arrow::datatypes::{Field, Schema, UInt32Type};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::*;

const QUERIES: [&str; 4] = [
    "select a, b, count(*) n, sum(v) s, avg(v) m, max(b) x from t group by 1, 2",
    "select b, count(v) n, min(a) f from t group by 1",
    "select a, b, a || coalesce(b, '') c from t group by 1, 2",
    "select b, a, approx_percentile_cont(v, 0.5) p from t where v > 1 group by b, a",
];

type Row = (Option<u8>, Option<u8>, Option<i64>);

/// Few texts: short ones, long ones of the same beginning, and the empty one.
fn text(picked: u8) -> String {
    match picked {
        0 => String::new(),
        n if n % 2 == 0 => format!("s{n}"),
        n => format!("a text that is longer than its view {n}"),
    }
}

fn batch(schema: &SchemaRef, rows: &[Row]) -> RecordBatch {
    let texts = |pick: fn(&Row) -> Option<u8>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| pick(row).map(text)).collect::<StringViewArray>())
    };
    let values: Int64Array = rows.iter().map(|row| row.2).collect();
    // As a dictionary's entries are: rows of the same text share its view.
    let shared = |column: ArrayRef| -> ArrayRef {
        let entries: Vec<u32> = (0..rows.len() as u32).map(|row| row / 2).collect();
        arrow::compute::take(&column, &arrow::array::UInt32Array::from(entries), None).unwrap()
    };
    let columns = vec![shared(texts(|row| row.0)), texts(|row| row.1), Arc::new(values) as ArrayRef];
    RecordBatch::try_new(Arc::clone(schema), columns).unwrap()
}

fn context(partitions: &[Vec<Vec<Row>>]) -> SessionContext {
    let text = |name| Field::new(name, DataType::Utf8View, true);
    let schema = Arc::new(Schema::new(vec![text("a"), text("b"), Field::new("v", DataType::Int64, true)]));
    let partitions = partitions.iter().map(|batches| batches.iter().map(|rows| batch(&schema, rows)).collect());
    let table = MemTable::try_new(Arc::clone(&schema), partitions.collect()).unwrap();
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2).with_batch_size(7));
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

async fn rows(plan: Arc<dyn ExecutionPlan>, context: &SessionContext) -> Vec<String> {
    let batches = collect(plan, context.task_ctx()).await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

async fn check(partitions: &[Vec<Vec<Row>>]) {
    let context = context(partitions);
    for query in QUERIES {
        let plan = context.sql(query).await.unwrap().create_physical_plan().await.unwrap();
        let coded = group_by_codes(Arc::clone(&plan)).unwrap();
        let shown = displayable(coded.as_ref()).indent(false).to_string();
        assert!(shown.contains("TextGroupsExec"), "{query}: {shown}");
        assert_eq!(rows(coded, &context).await, rows(plan, &context).await, "{query}");
    }
}

fn partitions() -> impl Strategy<Value = Vec<Vec<Vec<Row>>>> {
    let row = (prop::option::weighted(0.9, 0..9_u8), prop::option::weighted(0.9, 0..9_u8), prop::option::of(0..9_i64));
    prop::collection::vec(prop::collection::vec(prop::collection::vec(row, 0..40), 1..5), 2..4)
}

/// Rows as codes into a dictionary that has entries that are the same, or null; also a row may be null.
fn coded(rows: &[Option<u8>], entries: &ArrayRef) -> ArrayRef {
    let keys = rows.iter().map(|row| row.map(u32::from)).collect();
    Arc::new(DictionaryArray::<UInt32Type>::new(keys, Arc::clone(entries)))
}

proptest! {
    #[test]
    fn codes_are_the_groups_of_their_texts(
        dictionaries in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, 0..9_u8), 1..12), 1..3),
        batches in prop::collection::vec((0..4_usize, prop::collection::vec(prop::option::weighted(0.99, 0..12_u8), 0..30)), 1..6),
    ) {
        let entries: Vec<ArrayRef> = dictionaries
            .iter()
            .map(|entries| Arc::new(entries.iter().map(|entry| entry.map(text)).collect::<StringViewArray>()) as ArrayRef)
            .collect();
        let (mut by_codes, mut by_views) = (Groups::new(2), Groups::new(2));
        let (mut groups, mut expected) = (Vec::new(), Vec::new());
        for (picked, rows) in &batches {
            let column = |picked: usize| {
                let entries = &entries[picked % entries.len()];
                let rows = rows.iter().map(|row| row.map(|row| (row / (picked + 1) as u8) % entries.len() as u8));
                coded(&rows.collect::<Vec<_>>(), entries)
            };
            let columns = [column(picked / 2), column(picked % 2)];
            let views = columns.each_ref().map(|codes| arrow::compute::cast(codes, &DataType::Utf8View).unwrap());
            by_codes.find(&columns.each_ref().map(|column| TextColumn::of(column).unwrap()), &mut groups);
            by_views.find(&views.each_ref().map(|column| TextColumn::of(column).unwrap()), &mut expected);
            prop_assert_eq!(&groups, &expected);
        }
        prop_assert_eq!(&by_codes.take(), &by_views.take());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn groups_are_those_of_datafusion(partitions in partitions()) {
        tokio::runtime::Runtime::new().unwrap().block_on(check(&partitions));
    }
}

#[tokio::test]
async fn what_is_no_group_of_texts_is_left_alone() {
    let context = context(&[vec![vec![(Some(1), None, Some(1))]], vec![vec![]]]);
    for query in [
        "select v, count(*) from t group by 1",
        "select a, v, count(*) from t group by 1, 2",
        "select upper(a), count(*) from t group by 1",
        "select count(*) from t",
        "select a, count(*) filter (where v > 1) from t group by 1",
        "select a, array_agg(v order by v) from t group by 1",
        "select a, b, count(*) from t group by rollup(a, b)",
    ] {
        let plan = context.sql(query).await.unwrap().create_physical_plan().await.unwrap();
        let coded = group_by_codes(Arc::clone(&plan)).unwrap();
        let shown = displayable(coded.as_ref()).indent(false).to_string();
        assert!(!shown.contains("TextGroupsExec"), "{query}: {shown}");
    }
}

/// More groups than are held at a time come out in parts, and are put together behind.
#[test]
fn groups_beyond_the_bound_are_given_out_and_found_again() {
    let mut groups = Groups::new(2);
    let mut counts: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    let mut indices = Vec::new();
    for turn in 0..3 {
        let a: StringViewArray = (0..500).map(|n| Some(format!("service with a long name {}", n % 50))).collect();
        let b: StringViewArray = (0..500).map(|n| (n % 3 > 0).then(|| format!("{}", n % 7))).collect();
        groups.find(&[TextColumn::Views(&a), TextColumn::Views(&b)], &mut indices);
        let len = groups.len();
        assert_eq!(indices.iter().max(), Some(&(len - 1)), "{turn}");
        let taken = groups.take();
        let (texts, others) = (taken[0].as_string_view(), taken[1].as_string_view());
        assert_eq!((texts.len(), groups.len()), (len, 0));
        for index in &indices {
            let other = others.iter().nth(*index).unwrap().map(str::to_owned);
            *counts.entry((texts.value(*index).to_owned(), other)).or_default() += 1;
        }
    }
    let expected = |n: usize| {
        (format!("service with a long name {}", n % 50), (!n.is_multiple_of(3)).then(|| format!("{}", n % 7)))
    };
    let mut wanted: BTreeMap<_, usize> = BTreeMap::new();
    (0..500).for_each(|n| *wanted.entry(expected(n)).or_default() += 3);
    assert_eq!(counts, wanted);
}
