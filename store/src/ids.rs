//! Identifiers as types: bytes inside, hex for people, two Int64 halves in tables.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Why a text or a byte string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidId {
    #[error("an id of {expected} bytes cannot have {found}")]
    Length { expected: usize, found: usize },
    #[error("an id of zeros is not valid")]
    Zero,
    #[error("an id is written in 1 to {digits_max} hexadecimal digits, not as {text:?}")]
    Hex { digits_max: usize, text: String },
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// The id of these bytes; zeros are allowed here (a link may point nowhere).
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            pub fn is_zero(&self) -> bool {
                self.0.iter().all(|byte| *byte == 0)
            }
        }

        /// Refuses a wrong length and zeros, as the OpenTelemetry trace specification does.
        impl TryFrom<&[u8]> for $name {
            type Error = InvalidId;

            fn try_from(bytes: &[u8]) -> Result<Self, InvalidId> {
                let found = bytes.len();
                let bytes: [u8; $len] = bytes.try_into().map_err(|_| InvalidId::Length { expected: $len, found })?;
                let id = Self(bytes);
                if id.is_zero() { Err(InvalidId::Zero) } else { Ok(id) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        /// Reads 1 to all hexadecimal digits; short forms are padded with zeros on the left,
        /// because Zipkin and older Jaeger clients print 64-bit trace ids and drop leading zeros.
        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                const DIGITS: usize = 2 * $len;
                let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
                if text.is_empty() || text.len() > DIGITS || !is_hex {
                    return Err(InvalidId::Hex { digits_max: DIGITS, text: text.chars().take(64).collect() });
                }
                let mut bytes = [0_u8; $len];
                for (i, digit) in text.bytes().rev().enumerate() {
                    let value = (digit as char).to_digit(16).unwrap_or_default() as u8;
                    bytes[$len - 1 - i / 2] |= value << (4 * (i % 2));
                }
                Ok(Self(bytes))
            }
        }
    };
}

byte_id!(
    /// A W3C trace id. Tables hold it as two big-endian halves, `trace_hi` and `trace_lo`.
    TraceId,
    16
);
byte_id!(
    /// A span id. Tables hold it as one big-endian Int64.
    SpanId,
    8
);

impl TraceId {
    /// The id of two table halves.
    pub fn from_halves(hi: i64, lo: i64) -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&hi.to_be_bytes());
        bytes[8..].copy_from_slice(&lo.to_be_bytes());
        Self(bytes)
    }

    /// `trace_hi`: the first eight bytes; 0 for a 64-bit id.
    pub fn hi(&self) -> i64 {
        (u128::from_be_bytes(self.0) >> 64) as i64
    }

    /// `trace_lo`: the last eight bytes.
    pub fn lo(&self) -> i64 {
        u128::from_be_bytes(self.0) as i64
    }
}

impl SpanId {
    pub fn from_int(value: i64) -> Self {
        Self(value.to_be_bytes())
    }

    pub fn as_int(&self) -> i64 {
        i64::from_be_bytes(self.0)
    }
}

/// A tenant's name: `^[A-Za-z0-9_-]{1,64}$`, hence safe as a directory name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(std::sync::Arc<str>);

/// The refusal of a tenant name that could not be a directory name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a tenant is named by 1 to 64 of A-Z a-z 0-9 _ -, not {0:?}")]
pub struct InvalidTenant(pub String);

impl TenantId {
    /// The tenant of requests without `X-Scope-OrgID`.
    pub const DEFAULT: &str = "default";
    pub const LEN_MAX: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenant;

    fn from_str(text: &str) -> Result<Self, InvalidTenant> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > Self::LEN_MAX || !text.bytes().all(is_allowed) {
            return Err(InvalidTenant(text.chars().take(80).collect()));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_halves_round_trip() {
        let id: TraceId = "0123456789abcdeffedcba9876543210".parse().unwrap();
        assert_eq!(id.to_string(), "0123456789abcdeffedcba9876543210");
        assert_eq!(TraceId::from_halves(id.hi(), id.lo()), id);
        assert_eq!(id.hi(), 0x0123_4567_89ab_cdef);
        assert_eq!(id.lo(), 0xfedc_ba98_7654_3210_u64 as i64);
        let span: SpanId = "f000000000000001".parse().unwrap();
        assert_eq!(SpanId::from_int(span.as_int()), span);
    }

    #[test]
    fn a_short_id_is_padded_on_the_left() {
        let id: TraceId = "abc".parse().unwrap();
        assert_eq!(id.to_string(), format!("{:0>32}", "abc"));
        assert_eq!(id.hi(), 0);
    }

    #[test]
    fn bad_ids_are_refused() {
        assert!("".parse::<TraceId>().is_err());
        assert!("xyz".parse::<TraceId>().is_err());
        assert!("0".repeat(33).parse::<TraceId>().is_err());
        assert_eq!(TraceId::try_from(&[0_u8; 16][..]), Err(InvalidId::Zero));
        assert_eq!(SpanId::try_from(&[1_u8; 7][..]), Err(InvalidId::Length { expected: 8, found: 7 }));
    }

    #[test]
    fn a_tenant_cannot_leave_its_directory() {
        for bad in ["", "../x", "a/b", "a.b", "ü", &"a".repeat(65)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
        assert_eq!("team-A_1".parse::<TenantId>().unwrap().to_string(), "team-A_1");
    }
}
