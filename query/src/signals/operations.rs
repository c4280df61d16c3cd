//! What a service did, by the names of its spans.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use spanloom_store::ledger::Side;
use spanloom_store::schema::operations::{OperationKey, OperationRow, OperationValues, cap};

use super::Question;
use super::answer::OperationItem;
use crate::error::QueryError;
use crate::ledger::{NOTHING, Places, operations as rows};
use crate::session::Session;

/// What an operation takes in memory: key, histogram, exemplars, and the same in the answer.
const OPERATION_BYTES: usize = 4096;

/// The most frequent first. Names beyond the bound of the table are one row without a name, as they are in each of its
/// windows.
pub(super) async fn operations(
    session: &Session,
    question: &Question,
    id: &str,
    places: &mut Places<'_>,
) -> Result<Vec<OperationItem>, QueryError> {
    let memory = session.reserve("operations");
    let mut found: BTreeMap<OperationKey, OperationValues> = BTreeMap::new();
    let add = |OperationRow { key, values }: OperationRow| {
        let OperationKey { cluster, namespace, service, operation, kind, .. } = key;
        let place = places.place(&Side { cluster, namespace, service, ..Side::default() })?;
        if places.find(id) != Some(place) {
            return Ok(());
        }
        let key = named(operation, kind);
        if !found.contains_key(&key) {
            memory.try_grow(OPERATION_BYTES)?;
        }
        found.entry(key).or_default().merge(&values);
        Ok(())
    };
    rows(session, question.range, NOTHING, add).await?;
    let mut operations: Vec<_> = cap(found).into_iter().collect();
    operations.sort_by(|(a, x), (b, y)| (Reverse(x.count), a).cmp(&(Reverse(y.count), b)));
    Ok(operations.into_iter().map(|(key, values)| OperationItem::new(key, &values)).collect())
}

/// One key for all windows, places and statuses of an operation.
fn named(operation: Option<Arc<str>>, kind: i32) -> OperationKey {
    OperationKey { window_ns: 0, cluster: None, namespace: None, service: None, operation, kind, status_code: 0 }
}
