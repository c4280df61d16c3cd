//! Whatever way a column is coded, it says what was put in: alone, merged, in another order, and in part.

use arrow::array::{Int32Array, Int64Array, MapArray, StringViewArray};
use arrow::compute::{concat_batches, interleave_record_batch, take_record_batch};
use arrow::datatypes::{Field, Schema};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::schema::columns::{IntColumn, map_type};

/// What a row has in each column of a [`Builder`].
type Row = (Option<String>, Option<i64>, i32, Vec<String>, u8);

fn schema() -> SchemaRef {
    let field = Field::new;
    Arc::new(Schema::new(vec![
        field("text", DataType::Utf8View, true),
        field("number", DataType::Int64, true),
        field("state", DataType::Int32, false),
        field("map", map_type(), true),
        field("of_run", DataType::Utf8View, true),
        field("map_of_run", map_type(), true),
        field("blank", DataType::Utf8View, true),
    ]))
}

/// Columns of every kind, which live from batch to batch.
#[derive(Default)]
struct Builder {
    text: TextColumn,
    number: IntColumn,
    map: MapColumn,
    of_run: TextColumn,
    map_of_run: MapColumn,
}

impl Builder {
    /// Rows that follow each other with the same run are one run.
    fn batch(&mut self, rows: &[Row]) -> CodedBatch {
        let mut runs: Vec<usize> = Vec::new();
        let mut last = None;
        for (at, (text, number, _, entries, run)) in rows.iter().enumerate() {
            if let Some(text) = text {
                self.text.set(at, text);
            }
            if let Some(number) = number {
                self.number.set(at, *number);
            }
            entries.iter().enumerate().for_each(|(n, entry)| self.map.entry_of(at, &n.to_string(), entry));
            if last != Some(run) {
                last = Some(run);
                if *run > 0 {
                    self.of_run.set(runs.len(), &run.to_string().repeat(9));
                    self.map_of_run.entry_of(runs.len(), "run", &run.to_string());
                }
                runs.push(0);
            }
            *runs.last_mut().unwrap() += 1;
        }
        let (spread, of_runs) = (Spread::Rows(rows.len()), Spread::Runs(&runs, rows.len()));
        let columns = vec![
            self.text.finish(spread),
            self.number.finish(spread),
            coded_small_ints(&rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            self.map.finish(spread),
            self.of_run.finish(of_runs),
            self.map_of_run.finish(of_runs),
            Column::blank(&DataType::Utf8View),
        ];
        CodedBatch::new(schema(), rows.len(), columns)
    }
}

/// The rows that a batch should have.
fn check(batch: &CodedBatch, rows: &[Row]) {
    let plain = batch.to_batch();
    assert_eq!((plain.schema(), plain.num_rows()), (schema(), rows.len()));
    let texts: StringViewArray = rows.iter().map(|row| row.0.as_deref()).collect();
    let numbers: Int64Array = rows.iter().map(|row| row.1).collect();
    let states: Int32Array = rows.iter().map(|row| Some(row.2)).collect();
    let of_run: StringViewArray = rows.iter().map(|row| (row.4 > 0).then(|| row.4.to_string().repeat(9))).collect();
    assert_eq!(plain.column(0).as_ref(), &texts as &dyn Array);
    assert_eq!(plain.column(1).as_ref(), &numbers as &dyn Array);
    assert_eq!(plain.column(2).as_ref(), &states as &dyn Array);
    assert_eq!(plain.column(4).as_ref(), &of_run as &dyn Array);
    assert_eq!(plain.column(6).null_count(), rows.len());
    let entries = |map: &MapArray, at: usize| -> Vec<String> {
        crate::schema::columns::map_entries(map, at).map(|(_, value)| value.to_owned()).collect()
    };
    let [maps, maps_of_run] = [3, 5].map(|at| plain.column(at).as_any().downcast_ref::<MapArray>().unwrap());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(entries(maps, at), row.3);
        let of_run: Vec<String> = (row.4 > 0).then(|| row.4.to_string()).into_iter().collect();
        assert_eq!(entries(maps_of_run, at), of_run);
        let text: Coded<'_, StringViewArray> = batch.coded("text").and_then(Coded::typed).unwrap();
        assert_eq!((text.text(at), text.is_valid(at)), (row.0.as_deref(), row.0.is_some()));
        let number: Coded<'_, Int64Array> = batch.coded("number").and_then(Coded::typed).unwrap();
        assert_eq!(number.number(at), row.1);
        let state: Coded<'_, Int32Array> = batch.coded("state").and_then(Coded::typed).unwrap();
        assert_eq!(state.value(at), row.2);
    }
}

/// Few or many different texts, short and long.
fn text(variety: usize) -> impl Strategy<Value = Option<String>> {
    (0..=variety, any::<bool>(), prop::bool::weighted(0.9)).prop_map(|(n, is_long, is_there)| {
        is_there.then(|| if is_long { format!("a text longer than a view {n}") } else { n.to_string() })
    })
}

fn rows(variety: usize) -> impl Strategy<Value = Vec<Row>> {
    let number = prop_oneof![Just(None), (0..3_i64).prop_map(Some), any::<i64>().prop_map(Some)];
    let entry = prop_oneof!["[a-c]{0,3}", (0..=variety).prop_map(|n| n.to_string())];
    let row = (text(variety), number, 0..4_i32, vec(entry, 0..3), 0..4_u8);
    vec(row, 1..120)
}

fn requests() -> impl Strategy<Value = Vec<Vec<Row>>> {
    prop_oneof![Just(0), Just(3), Just(40), Just(100_000)].prop_flat_map(|variety| vec(rows(variety), 1..8))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_say_what_was_put_in(requests in requests()) {
        let mut builder = Builder::default();
        let batches: Vec<CodedBatch> = requests.iter().map(|rows| builder.batch(rows)).collect();
        batches.iter().zip(&requests).for_each(|(batch, rows)| check(batch, rows));
        check(&CodedBatch::concat(&batches).unwrap(), &requests.concat());
    }

    #[test]
    fn rows_are_taken_as_arrow_takes_them(requests in requests(), seed in any::<u64>()) {
        let mut builder = Builder::default();
        let batches: Vec<CodedBatch> = requests.iter().map(|rows| builder.batch(rows)).collect();
        let plain: Vec<RecordBatch> = batches.iter().map(CodedBatch::to_batch).collect();
        let all: Vec<usize> = (0..schema().fields().len()).collect();
        let mut places: Vec<(usize, usize)> =
            batches.iter().enumerate().flat_map(|(at, batch)| (0..batch.num_rows()).map(move |row| (at, row))).collect();
        places.sort_by_key(|place| seed.rotate_left((place.0 * 7 + place.1) as u32));
        let expected = interleave_record_batch(&plain.iter().collect::<Vec<_>>(), &places).unwrap();
        let interleaver = Interleaver::new(&batches, &all).unwrap();
        prop_assert_eq!(interleaver.rows(&all, &places, &interleaver.places(&places)).unwrap(), expected);

        let whole = CodedBatch::concat(&batches).unwrap();
        let expected = concat_batches(&schema(), &plain).unwrap();
        let rows = whole.num_rows();
        let (from, to) = (seed as usize % rows, rows - (seed >> 32) as usize % rows);
        let part = from.min(to)..from.max(to);
        prop_assert_eq!(whole.project(&all, part.clone()).unwrap(), expected.slice(part.start, part.len()));
        let picked: Vec<u32> = (0..rows as u32).filter(|row| seed.rotate_left(*row) & 3 == 0).collect();
        let expected = take_record_batch(&expected, &UInt32Array::from(picked.clone())).unwrap();
        prop_assert_eq!(whole.select(&[1, 4], &picked).unwrap().to_batch(), expected.project(&[1, 4]).unwrap());
        prop_assert_eq!(CodedBatch::from(plain[0].clone()), batches[0].clone());
    }
}

/// The column of a batch of texts.
fn column(builder: &mut TextColumn, texts: impl Iterator<Item = String>) -> Column {
    let mut rows = 0;
    for text in texts {
        builder.set(rows, &text);
        rows += 1;
    }
    builder.finish(Spread::Rows(rows))
}

fn values(column: &Column) -> &Values {
    let Column::Coded(_, values) = column else { panic!("{column:?} is not coded") };
    values
}

#[test]
fn known_texts_are_shared_by_batches_and_new_ones_by_and_by() {
    let mut builder = TextColumn::default();
    let of = |count: usize| (0..512).map(move |row: usize| format!("value {}", row % count));
    let first = column(&mut builder, of(10));
    let second = column(&mut builder, of(5));
    assert!(Arc::ptr_eq(&values(&first).array, &values(&second).array));
    assert!(values(&first).bytes > 0 && values(&second).bytes == 0, "who has it first pays");
    let shared = Arc::clone(&values(&first).array);
    // An array of all texts with a new one is made after so many rows, and until then a batch has its own.
    let later = column(&mut builder, ["value 1", "new"].into_iter().map(str::to_owned));
    assert_eq!(values(&later).array.len(), 12, "all texts");
    let sooner = column(&mut builder, ["value 1", "newer"].into_iter().map(str::to_owned));
    assert_eq!(values(&sooner).array.len(), 3, "those of the batch");
    let joined = CodedBatch::concat(&[first, second].map(|column| {
        CodedBatch::new(Arc::new(Schema::new(vec![Field::new("t", DataType::Utf8View, true)])), 512, vec![column])
    }));
    assert!(Arc::ptr_eq(&values(&joined.unwrap().columns()[0]).array, &shared), "merged by codes alone");
}

#[test]
fn a_column_with_another_text_in_each_row_is_seen_to_be_so_and_tried_again_later() {
    let mut builder = TextColumn::default();
    let mut id = 0;
    let mut unique = || {
        id += 512;
        (id - 512..id).map(|n| format!("{n:032x}"))
    };
    assert!(matches!(column(&mut builder, unique()), Column::Coded(..)));
    for _ in 0..256 {
        assert!(matches!(column(&mut builder, unique()), Column::Each(_)));
    }
    assert!(matches!(column(&mut builder, (0..512).map(|_| "same".to_owned())), Column::Coded(..)));
}

/// Else two long texts in turn would make it begin anew with each request.
#[test]
fn what_is_known_stays_known_though_there_is_no_room_for_more() {
    let mut builder = TextColumn::default();
    let long = ["a", "b"].map(|text| text.repeat(50 << 10));
    let both = || long.iter().cloned().cycle().take(100);
    column(&mut builder, both());
    assert!(matches!(column(&mut builder, both()), Column::Coded(..)));
    let generation = builder.generation();
    column(&mut builder, both());
    assert_eq!(builder.generation(), generation);
    column(&mut builder, both().chain(["c".repeat(50 << 10)]));
    assert_ne!(builder.generation(), generation);
}

/// Written out row by row the maps would take gigabytes.
#[test]
fn large_maps_of_many_rows_stay_one_beside_maps_of_each_row() {
    let mut builder = Builder::default();
    let large = "x".repeat(100 << 10);
    let row = |entry: String| (None, None, 0, vec![entry], 0_u8);
    let shared: Vec<Row> = (0..30_000).map(|_| row(large.clone())).collect();
    let unique = |from: usize| -> Vec<Row> { (from..from + 600).map(|n| row(n.to_string())).collect() };
    let batches =
        [builder.batch(&shared), builder.batch(&unique(0)), builder.batch(&unique(600)), builder.batch(&unique(1200))];
    let is_each = |batch: &CodedBatch| matches!(batch.columns()[3], Column::Each(_));
    assert!(!is_each(&batches[0]) && batches.iter().any(is_each));
    let places: Vec<(usize, usize)> = (0..600).map(|row| (row % 4, row)).collect();
    let interleaver = Interleaver::new(&batches, &[3]).unwrap();
    assert!(interleaver.rows_at_once(&[0]) < 1_000);
    assert_eq!(interleaver.rows(&[0], &places, &interleaver.places(&places)).unwrap().num_rows(), 600);
    let merged = CodedBatch::concat(&batches).unwrap();
    assert!(merged.memory_bytes() < 1 << 20, "{} bytes", merged.memory_bytes());
    assert_eq!(merged.rows_at_once(&[3]), interleaver.rows_at_once(&[0]));
    let picked = merged.select(&[3], &[0, 29_999, 30_001]).unwrap();
    let same = |row: usize| merged.project(&[3], row..row + 1).unwrap();
    let expected = concat_batches(&picked.to_batch().schema(), &[same(0), same(29_999), same(30_001)]).unwrap();
    assert_eq!(picked.to_batch(), expected);
}

/// However many different texts come, and however long they are, what is remembered of them is bounded.
#[test]
fn a_dictionary_is_bounded() {
    let mut builder = TextColumn::default();
    for round in 0..40 {
        // Each twice, so that the column does not seem to have another text in each row.
        let texts: Vec<String> = (0..600).map(|n| format!("{round} {} {}", n / 2, "x".repeat(round * 20))).collect();
        let found = column(&mut builder, texts.iter().cloned()).array(0..600).unwrap();
        let expected = StringViewArray::from_iter_values(&texts);
        assert_eq!(found.as_ref(), &expected as &dyn Array, "{round}");
        assert!(builder.bytes() < 2 * 256 * 1024, "{} bytes in round {round}", builder.bytes());
    }
}

#[test]
fn rows_of_few_texts_are_narrow() {
    let mut builder = TextColumn::default();
    let schema = Arc::new(Schema::new(vec![Field::new("t", DataType::Utf8View, true)]));
    let batch = |builder: &mut TextColumn| {
        let column = column(builder, (0..4096).map(|row: usize| format!("a text of some length {}", row % 50)));
        CodedBatch::new(Arc::clone(&schema), 4096, vec![column])
    };
    let batches: Vec<CodedBatch> = (0..8).map(|_| batch(&mut builder)).collect();
    let merged = CodedBatch::concat(&batches).unwrap();
    assert!(merged.memory_bytes() < 8 * 4096 + 16 * 1024, "{} bytes", merged.memory_bytes());
    assert!(merged.to_batch().get_array_memory_size() > 8 * 4096 * 16);
}
