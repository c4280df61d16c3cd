//! What a span speaks, and the codes in which its call ended.

use arrow::array::{Array, Int64Array, StringViewArray};
use spanloom_store::CodedBatch;
use spanloom_store::coded::Coded;
use spanloom_store::schema::spans::UnreadableRow;

use super::column::{any, column};
use crate::pair::outcome;
use crate::pair::span::Protocols;
use crate::pair::span::extras::{self, Extras};

/// Columns any value of which is a hint.
type Hints<'a> = Vec<Coded<'a, dyn Array>>;

const HTTP: &[&str] = &[
    "http_request_method",
    "http_response_status_code",
    "http_route",
    "url_full",
    "url_path",
    "http_method",
    "http_url",
    "http_protocol",
];
const DATABASE: &[&str] =
    &["db_system_name", "db_system", "db_namespace", "db_operation_name", "db_collection_name", "db_query_text"];
const MESSAGING: &[&str] = &["messaging_system", "messaging_destination_name"];
const STATUSES: [&str; NUMBERS] =
    ["http_response_status_code", "http_status_code", "grpc_status_code", "rpc_grpc_status_code"];
/// Columns of status codes.
pub(super) const NUMBERS: usize = 4;

pub(super) struct ProtocolColumns<'a> {
    http: Hints<'a>,
    database: Hints<'a>,
    messaging: Hints<'a>,
    /// All of these and those below that are numbers, each with its bit.
    all: Vec<(u32, Coded<'a, dyn Array>)>,
    rpc_system: Coded<'a, StringViewArray>,
    grpc_status_code: Coded<'a, Int64Array>,
    rpc_grpc_status_code: Coded<'a, Int64Array>,
    http_status: Coded<'a, Int64Array>,
    http_status_old: Coded<'a, Int64Array>,
}

impl<'a> ProtocolColumns<'a> {
    pub(super) fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        let mut all = Vec::new();
        for (place, name) in [HTTP, DATABASE, MESSAGING, &STATUSES].concat().into_iter().enumerate() {
            all.extend(any(batch, &[name])?.into_iter().map(|column| (1 << place, column)));
        }
        Ok(Self {
            http: any(batch, HTTP)?,
            database: any(batch, DATABASE)?,
            messaging: any(batch, MESSAGING)?,
            all,
            rpc_system: column(batch, "rpc_system")?,
            grpc_status_code: column(batch, "grpc_status_code")?,
            rpc_grpc_status_code: column(batch, "rpc_grpc_status_code")?,
            http_status: column(batch, "http_response_status_code")?,
            http_status_old: column(batch, "http_status_code")?,
        })
    }

    /// Of which columns a row has a value, a bit each: any value of them, or the number, tells something.
    pub(super) fn hints(&self, row: usize) -> u32 {
        let hints = self.all.iter().filter(|(_, column)| column.is_valid(row));
        hints.fold(0, |hints, (bit, _)| hints | bit)
    }

    /// The numbers of a row; 0 where it has none.
    pub(super) fn numbers(&self, row: usize) -> [i64; NUMBERS] {
        let columns = [self.http_status, self.http_status_old, self.grpc_status_code, self.rpc_grpc_status_code];
        columns.map(|column| column.number(row).unwrap_or_default())
    }

    pub(super) fn of_row(&self, row: usize, extras: &Extras<'_>) -> Protocols {
        let has = |columns: &Hints<'_>| columns.iter().any(|column| column.is_valid(row));
        let is_grpc = self.grpc_status_code.is_valid(row)
            || self.rpc_grpc_status_code.is_valid(row)
            || self.rpc_system.text(row).is_some_and(extras::is_grpc);
        let hints = [
            (is_grpc, Protocols::GRPC),
            (has(&self.http) || self.http_status_old.is_valid(row), Protocols::HTTP),
            (has(&self.database), Protocols::DATABASE),
            (has(&self.messaging), Protocols::MESSAGING),
        ];
        hints.into_iter().filter(|(is_so, _)| *is_so).fold(extras.protocols, |sum, (_, hint)| sum.with(hint))
    }

    pub(super) fn statuses(&self, row: usize, extras: &Extras<'_>) -> (Option<i64>, Option<i64>) {
        let http = self.http_status.number(row).or_else(|| self.http_status_old.number(row));
        let grpc = self.rpc_grpc_status_code.number(row).or_else(|| self.grpc_status_code.number(row));
        (http, grpc.or_else(|| extras.grpc_status.and_then(outcome::grpc_code)))
    }
}
