//! JSON that is written straight into a body: a series of ten thousand samples never becomes a tree of values.

use crate::promql::labels::Labels;

/// A text in quotes.
pub(in crate::prometheus) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let Some(escape) = escape(byte) else { continue };
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        out.extend_from_slice(&escape);
        plain = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

/// What stands for a byte that cannot stand for itself; blanks around it mean nothing, so there are none.
fn escape(byte: u8) -> Option<Vec<u8>> {
    match byte {
        b'"' | b'\\' => Some(vec![b'\\', byte]),
        b'\n' => Some(b"\\n".to_vec()),
        b'\r' => Some(b"\\r".to_vec()),
        b'\t' => Some(b"\\t".to_vec()),
        0..0x20 => Some(format!("\\u{byte:04x}").into_bytes()),
        _ => None,
    }
}

/// `{"name":"value",…}`.
pub(in crate::prometheus) fn labels(out: &mut Vec<u8>, labels: &Labels) {
    let mut object = Object::open(out);
    labels.iter().for_each(|label| object.text(&label.name, &label.value));
    object.close();
}

/// `[…,…]`.
pub(in crate::prometheus) fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// An object whose fields are being written.
pub(in crate::prometheus) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// A field; its value is what the caller writes next.
    pub fn field(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    pub fn text(&mut self, name: &str, value: &str) {
        string(self.field(name), value);
    }

    /// A field whose value is JSON already: a number, `true`, `null`.
    pub fn raw(&mut self, name: &str, value: impl std::fmt::Display) {
        self.field(name).extend_from_slice(value.to_string().as_bytes());
    }

    pub fn close(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_cannot_stand_for_itself_is_escaped() {
        assert_eq!(written("a\"\\\n\r\t\u{1}é\u{1f600}"), "\"a\\\"\\\\\\n\\r\\t\\u0001é\u{1f600}\"");
    }

    #[test]
    fn fields_are_parted_by_commas() {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.text("a", "b");
        object.raw("c", 1);
        array(object.field("d"), ["e", "f"], string);
        object.close();
        assert_eq!(out, br#"{"a":"b","c":1,"d":["e","f"]}"#);
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in ".*") {
            prop_assert_eq!(serde_json::from_str::<String>(&written(&text)).unwrap(), text);
        }
    }
}
