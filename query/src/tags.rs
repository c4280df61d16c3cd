//! Which attributes there are, and their values: what is proposed to whoever types a query.
//!
//! The lake has them counted in the table `attributes`, by service and 5 minutes. Hot spans are counted when they are
//! asked for, the newest of them, so that an attribute can be proposed as soon as it came.

mod intrinsics;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, AsArray as _, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::Int64Type;
use datafusion::logical_expr::{Expr, col, lit};
use spanloom_store::Table;
use spanloom_store::schema::attributes::{self, Scope};
use spanloom_store::time::{BUCKET_NS, bucket_start_ns};

pub(crate) use scope::{Tag, services_in};

use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;

/// Hot spans that are counted at a question, the newest.
const HOT_SPANS_MAX: usize = 50_000;
/// Different names or values that a question gathers before it orders and cuts them.
const GATHERED_MAX: usize = 200_000;

/// Which tags are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub range: TimeRange,
    /// Of these services only; all if there is none.
    pub services: BTreeSet<String>,
    pub limit: usize,
}

/// A value with its type as TraceQL's editors know it: `string`, `int`, `float`, `bool`, `keyword`, `duration`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TagValue {
    pub value_type: String,
    pub value: String,
}

/// The keys of a scope, or of all, each in the alphabet; intrinsics have fixed ones.
pub(crate) async fn names(
    session: &Session,
    question: &Question,
    scope: Option<Scope>,
) -> Result<BTreeMap<Scope, Vec<String>>, QueryError> {
    let mut found: BTreeMap<Scope, BTreeMap<String, i64>> = BTreeMap::new();
    let filter = col("value").is_null();
    each(session, question, filter, |row| {
        let is_wanted = row.scope != Scope::Intrinsic && scope.is_none_or(|scope| scope == row.scope);
        if is_wanted && row.value.is_none() {
            *found.entry(row.scope).or_default().entry(row.key.to_owned()).or_default() += row.count;
        }
        found.values().map(BTreeMap::len).sum()
    })
    .await?;
    let scopes = Scope::ALL.into_iter().filter(|known| scope.is_none_or(|scope| scope == *known));
    let mut keys = |scope: Scope| match scope {
        Scope::Intrinsic => intrinsics::NAMES.iter().map(ToString::to_string).collect(),
        _ => most_frequent(found.remove(&scope).unwrap_or_default(), question.limit),
    };
    Ok(scopes.map(|scope| (scope, keys(scope))).collect())
}

/// The names that were there most often, in the alphabet.
fn most_frequent(counts: BTreeMap<String, i64>, limit: usize) -> Vec<String> {
    let mut names: Vec<(i64, String)> = counts.into_iter().map(|(name, count)| (-count, name)).collect();
    names.sort_unstable();
    names.truncate(limit);
    let mut names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    names
}

/// The values of a tag, the most frequent first.
pub(crate) async fn values(session: &Session, question: &Question, tag: &Tag) -> Result<Vec<TagValue>, QueryError> {
    let (scopes, key) = match tag {
        Tag::Attribute { scopes, key } => (scopes.as_slice(), key.as_str()),
        Tag::Intrinsic(name) => match intrinsics::source(name) {
            intrinsics::Source::Fixed(values) => return Ok(intrinsics::keywords(values)),
            intrinsics::Source::Attribute(scope, key) => (std::slice::from_ref(scope), key),
            intrinsics::Source::None => return Ok(Vec::new()),
        },
    };
    let mut found: BTreeMap<TagValue, i64> = BTreeMap::new();
    let filter = col("key").eq(lit(key)).and(col("value").is_not_null());
    each(session, question, filter, |row| {
        if let Some(value) = row.value.filter(|_| row.key == key && scopes.contains(&row.scope)) {
            let value_type =
                if row.value_type == Some("double") { "float" } else { row.value_type.unwrap_or("string") };
            let value = TagValue { value_type: value_type.to_owned(), value: value.to_owned() };
            *found.entry(value).or_default() += row.count;
        }
        found.len()
    })
    .await?;
    let mut values: Vec<(i64, TagValue)> = found.into_iter().map(|(value, count)| (-count, value)).collect();
    values.sort_unstable();
    values.truncate(question.limit);
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

/// A row of the table.
struct Row<'a> {
    scope: Scope,
    key: &'a str,
    value_type: Option<&'a str>,
    value: Option<&'a str>,
    count: i64,
}

/// Hands out the rows that fit, of the lake and of hot spans; `take` returns how much it has gathered.
async fn each(
    session: &Session,
    question: &Question,
    filter: Expr,
    mut take: impl FnMut(&Row<'_>) -> usize,
) -> Result<(), QueryError> {
    let mut take = |batch: &RecordBatch| -> Result<(), QueryError> {
        let columns = Columns::of(batch)?;
        for row in (0..batch.num_rows()).filter_map(|row| columns.row(row, question)) {
            if take(&row) > GATHERED_MAX {
                let message = format!("there are more than {GATHERED_MAX} names or values, ask for a shorter time");
                return Err(QueryError::TooLarge(message));
            }
        }
        Ok(())
    };
    take(&hot(session)?)?;
    let first_ns = bucket_start_ns(question.range.start_ns);
    let in_time = col("start_ns").gt_eq(lit(first_ns)).and(col("start_ns").lt_eq(lit(question.range.end_ns)));
    let frame = session.context()?.table(Table::Attributes.name()).await?.filter(in_time.and(filter))?;
    session.for_each(frame, take).await
}

/// What the newest hot spans say.
fn hot(session: &Session) -> Result<RecordBatch, QueryError> {
    let mut spans = session.view.table(Table::Spans).hot();
    let mut room = HOT_SPANS_MAX;
    let mut newest = Vec::new();
    while let Some(batch) = spans.pop().filter(|_| room > 0) {
        let rows = batch.num_rows().min(room);
        newest.push(batch.slice(batch.num_rows() - rows..batch.num_rows()));
        room -= rows;
    }
    attributes::from_spans(&newest).map_err(|error| QueryError::Internal(error.to_string()))
}

/// The columns of a batch.
struct Columns<'a> {
    start_ns: &'a Int64Array,
    service: &'a StringViewArray,
    scope: &'a StringViewArray,
    key: &'a StringViewArray,
    value_type: &'a StringViewArray,
    value: &'a StringViewArray,
    count: &'a Int64Array,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, QueryError> {
        let missing = |name: &str| QueryError::Internal(format!("column {name} of attributes is missing"));
        let text = |name: &str| {
            let column = batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
            column.ok_or_else(|| missing(name))
        };
        let int = |name: &str| {
            let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
            column.ok_or_else(|| missing(name))
        };
        Ok(Self {
            start_ns: int("start_ns")?,
            service: text("service_name")?,
            scope: text("scope")?,
            key: text("key")?,
            value_type: text("type")?,
            value: text("value")?,
            count: int("count")?,
        })
    }

    /// A row, if it is of the time and the services that are asked for.
    fn row(&self, row: usize, question: &Question) -> Option<Row<'a>> {
        let text = |column: &'a StringViewArray| column.is_valid(row).then(|| column.value(row));
        let start_ns = self.start_ns.value(row);
        let is_in_time =
            start_ns <= question.range.end_ns && start_ns.saturating_add(BUCKET_NS) > question.range.start_ns;
        let is_of_service =
            question.services.is_empty() || text(self.service).is_some_and(|name| question.services.contains(name));
        if !is_in_time || !is_of_service {
            return None;
        }
        Some(Row {
            scope: Scope::ALL.into_iter().find(|scope| scope.as_str() == self.scope.value(row))?,
            key: self.key.value(row),
            value_type: text(self.value_type),
            value: text(self.value),
            count: self.count.value(row),
        })
    }
}
