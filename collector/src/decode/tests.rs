use std::io::Write as _;

use proptest::prelude::*;
use prost::Message as _;
use spanloom_store::TenantId;
use spanloom_store::schema::Table;

use super::*;
use crate::codes::Compression;
use crate::config::Config;
use crate::otlp::arbitrary::{self, NOW_NS, to_json};
use crate::otlp::checks::FUTURE_MAX;

fn compressed(bytes: Vec<u8>, compression: Compression) -> Bytes {
    match compression {
        Compression::None => bytes.into(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&bytes).unwrap();
            encoder.finish().unwrap().into()
        }
        Compression::Zstd => zstd::encode_all(&bytes[..], 1).unwrap().into(),
    }
}

fn rows(payload: &Bytes, encoding: Encoding) -> Result<Decoded, Refusal> {
    request(payload, Kind::OtlpTraces, encoding, NOW_NS, Bounds::NONE, &mut Admission::unbounded().reserve())
}

fn header(kind: u8, encoding: u8) -> FrameHeader {
    FrameHeader { number: 1, kind, encoding, tenant: TenantId::default(), received_ns: NOW_NS }
}

proptest! {
    /// Every encoding of a request stores the same rows, and replay stores what the door stored.
    #[test]
    fn every_encoding_comes_to_the_same_rows(request in arbitrary::request()) {
        let protobuf = Encoding { content: Content::Protobuf, compression: Compression::None };
        let expected = rows(&request.encode_to_vec().into(), protobuf).unwrap();
        let (binary, text) = (request.encode_to_vec(), serde_json::to_vec(&to_json(&request)).unwrap());
        for (content, plain) in [(Content::Protobuf, binary), (Content::Json, text)] {
            for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                let payload = compressed(plain.clone(), compression);
                let encoding = Encoding { content, compression };
                let replayed = Decoder::new().decode(&header(Kind::OtlpTraces.code(), encoding.code()), &payload).unwrap();
                let decoded = rows(&payload, encoding).unwrap();
                for table in Table::ALL {
                    prop_assert_eq!(decoded.rows.of(table), expected.rows.of(table));
                    prop_assert_eq!(replayed.of(table), expected.rows.of(table));
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), code in any::<u8>()) {
        if let Some(encoding) = Encoding::from_code(code) {
            let _ = rows(&bytes.into(), encoding);
        }
    }
}

/// Times that were made up, what is too far ahead and what is wrong come out as at the door.
#[test]
fn a_replayed_list_of_zipkin_spans_is_what_the_door_made_of_it() {
    let ahead_us = (NOW_NS + FUTURE_MAX.as_nanos() as i64) / 1_000;
    let spans_text = serde_json::json!([
        { "traceId": "1", "id": "1", "name": "neither time nor service" },
        { "traceId": "1", "id": "2", "parentId": "1", "timestamp": ahead_us, "shared": true, "tags": { "error": "" } },
        { "traceId": "1", "id": "3", "parentId": "1", "timestamp": ahead_us + 1 },
        { "traceId": "2", "id": "4", "name": "received when the frame was" },
        { "traceId": "no id", "id": "5" },
    ])
    .to_string();
    let door = |payload: &Bytes, encoding| {
        request(payload, Kind::ZipkinSpans, encoding, NOW_NS, Bounds::NONE, &mut Admission::unbounded().reserve())
    };
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let payload = compressed(spans_text.clone().into_bytes(), compression);
        let encoding = Encoding { content: Content::Json, compression };
        let decoded = door(&payload, encoding).unwrap();
        assert_eq!((decoded.accepted, decoded.refused.count()), (3, 2));
        let replayed = Decoder::new().decode(&header(Kind::ZipkinSpans.code(), encoding.code()), &payload).unwrap();
        for table in Table::ALL {
            assert_eq!(replayed.of(table), decoded.rows.of(table), "{compression:?}");
        }
    }
}

#[test]
fn objects_beyond_the_bound_are_refused() {
    // Empty spans: 2 bytes each on the wire, some hundred in memory.
    let spans = [0x12, 0x00].repeat(100_000);
    let framed = |tag: u8, message: &[u8]| {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(message.len() as u64, &mut outer);
        outer.extend_from_slice(message);
        outer
    };
    let payload = Bytes::from(framed(0x0a, &framed(0x12, &spans)));
    let bounds = Bounds { inflated_bytes_max: 1 << 20, memory_bytes_max: 4 << 20 };
    let encoding = Encoding { content: Content::Protobuf, compression: Compression::None };
    let refused = request(&payload, Kind::OtlpTraces, encoding, NOW_NS, bounds, &mut Admission::unbounded().reserve())
        .unwrap_err();
    assert!(matches!(refused, Refusal::TooLarge { bytes_max: 4_194_304, .. }), "{refused}");
    assert_eq!(rows(&payload, encoding).unwrap().refused.count(), 100_000);
}

#[test]
fn the_largest_request_that_the_bounds_allow_can_be_admitted() {
    let bounds = Config::default().bounds();
    assert_eq!(bounds.memory_bytes_max, 4 * bounds.inflated_bytes_max);
}

#[test]
fn frames_of_other_versions_are_refused() {
    let code = Encoding { content: Content::Protobuf, compression: Compression::None }.code();
    let (otlp, zipkin) = (Kind::OtlpTraces.code(), Kind::ZipkinSpans.code());
    // Zipkin's own protobuf has never been taken.
    for header in [header(9, code), header(otlp, 0), header(otlp, 0x31), header(zipkin, code)] {
        assert!(Decoder::new().decode(&header, &Bytes::new()).is_err(), "{header:?}");
    }
}
