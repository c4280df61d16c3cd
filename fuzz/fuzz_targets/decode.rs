//! Payloads as the door and the write-ahead log have them. Nothing panics, protobuf is read exactly where prost reads it, and
//! every row can be read back.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use spanloom_collector::Decoder;
use spanloom_store::schema::spans::SpansReader;
use spanloom_store::{Decode as _, FrameHeader, Table, TenantId};

static DECODER: LazyLock<Decoder> = LazyLock::new(Decoder::new);
/// Codes of frames (docs/formats.md).
const OTLP_TRACES: u8 = 1;
const PLAIN_PROTOBUF: u8 = 1;

// The first two bytes are the codes of the kind and of the encoding.
fuzz_target!(|input: &[u8]| {
    let [kind, encoding, payload @ ..] = input else { return };
    let (kind, encoding) = (*kind, *encoding);
    let received_ns = 1_764_000_000_000_000_000;
    let header = FrameHeader { number: 1, tenant: TenantId::default(), kind, encoding, received_ns };
    let decoded = DECODER.decode(&header, &Bytes::copy_from_slice(payload));
    if (kind, encoding) == (OTLP_TRACES, PLAIN_PROTOBUF) {
        let prost = ExportTraceServiceRequest::decode(payload);
        assert_eq!(decoded.is_ok(), prost.is_ok(), "{decoded:?} {prost:?}");
    }
    let Ok(rows) = decoded else { return };
    if let Some(batch) = rows.of(Table::Spans) {
        let batch = batch.to_batch();
        let reader = SpansReader::new(&batch).expect("all columns are there");
        (0..batch.num_rows()).for_each(|row| drop(reader.row(row).expect("a row of ours")));
    }
});
