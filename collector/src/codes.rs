//! The numbers under which payloads stand in the write-ahead log. Part of the format: `docs/formats.md`.

/// What a frame holds. A number stands for the same for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An OTLP `ExportTraceServiceRequest`.
    OtlpTraces,
    /// A list of spans of Zipkin v2, JSON only.
    ZipkinSpans,
    /// A batch of samples in the store's own form, whatever protocol it came by.
    Samples,
}

impl Kind {
    pub const fn code(self) -> u8 {
        match self {
            Self::OtlpTraces => 1,
            Self::ZipkinSpans => 2,
            Self::Samples => 3,
        }
    }

    /// The kind of a code; `None` for codes of other versions.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::OtlpTraces),
            2 => Some(Self::ZipkinSpans),
            3 => Some(Self::Samples),
            _ => None,
        }
    }
}

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    Protobuf,
    Json,
    /// The store's own form, which says itself whether it is compressed.
    Own,
}

/// How a payload is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// The compression that an HTTP `Content-Encoding` or a gRPC `grpc-encoding` names, of those we take.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim() {
            "" | "identity" => Some(Self::None),
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => Some(Self::Gzip),
            name if name.eq_ignore_ascii_case("zstd") => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A frame's encoding: content in the lower four bits, compression in the upper four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding {
    pub content: Content,
    pub compression: Compression,
}

impl Encoding {
    pub const fn code(self) -> u8 {
        let content = match self.content {
            Content::Protobuf => 1,
            Content::Json => 2,
            Content::Own => 3,
        };
        let compression = match self.compression {
            Compression::None => 0,
            Compression::Gzip => 1,
            Compression::Zstd => 2,
        };
        content | compression << 4
    }

    /// The encoding of a code; `None` for codes of other versions.
    pub const fn from_code(code: u8) -> Option<Self> {
        let content = match code & 0x0f {
            1 => Content::Protobuf,
            2 => Content::Json,
            3 => Content::Own,
            _ => return None,
        };
        let compression = match code >> 4 {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Zstd,
            _ => return None,
        };
        Some(Self { content, compression })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_encodings_are_inverse() {
        let known: Vec<u8> = (0..=u8::MAX).filter(|code| Encoding::from_code(*code).is_some()).collect();
        assert_eq!(known, [0x01, 0x02, 0x03, 0x11, 0x12, 0x13, 0x21, 0x22, 0x23]);
        for code in known {
            assert_eq!(Encoding::from_code(code).map(Encoding::code), Some(code));
        }
    }

    #[test]
    fn kinds_keep_their_numbers() {
        let known: Vec<u8> = (0..=u8::MAX).filter(|code| Kind::from_code(*code).is_some()).collect();
        assert_eq!(known, [1, 2, 3]);
        for (code, kind) in [(1, Kind::OtlpTraces), (2, Kind::ZipkinSpans), (3, Kind::Samples)] {
            assert_eq!((Kind::from_code(code), kind.code()), (Some(kind), code));
        }
    }
}
