//! The keys of a YAML document with their places, so that an error can name both.

use serde_saphyr::granit_parser::{Event, Parser};

/// Dotted keys in the order of the text, with line and column from 1.
#[derive(Debug, Default)]
pub struct Keys(Vec<(String, (u64, u64))>);

/// A collection that is open while the text is read.
enum Open {
    /// With the length of the prefix that its keys have, and whether a key comes next.
    Mapping {
        prefix: usize,
        key_is_next: bool,
    },
    Sequence,
}

impl Keys {
    /// The keys of a text up to its end, or to where it stops being YAML.
    pub fn of(text: &str) -> Self {
        let mut keys = Vec::new();
        let mut path = String::new();
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            match event {
                Event::Scalar(name, ..) => {
                    if let Some(Open::Mapping { prefix, key_is_next: true }) = open.last() {
                        path.truncate(*prefix);
                        path.push_str(if *prefix == 0 { "" } else { "." });
                        path.push_str(&name);
                        keys.push((path.clone(), (span.start.line() as u64, span.start.col() as u64 + 1)));
                    }
                    node_ended(&mut open);
                }
                Event::Alias(..) => node_ended(&mut open),
                Event::MappingStart(..) => open.push(Open::Mapping { prefix: path.len(), key_is_next: true }),
                Event::SequenceStart(..) => open.push(Open::Sequence),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    node_ended(&mut open);
                }
                _ => {}
            }
        }
        Self(keys)
    }

    /// Where a key stands; its nearest parent's place where it is not written, and `None` if that is not either.
    pub fn position(&self, key: &str) -> Option<(u64, u64)> {
        let found = self.0.iter().find(|(name, _)| name == key).map(|(_, position)| *position);
        found.or_else(|| self.position(key.rsplit_once('.')?.0))
    }

    /// The key that a place in the text belongs to: the last one that begins at it or before.
    pub fn at(&self, position: (u64, u64)) -> Option<&str> {
        self.0.iter().rev().find(|(_, begin)| *begin <= position).map(|(key, _)| key.as_str())
    }
}

/// After a key comes its value, after a value the next key.
fn node_ended(open: &mut [Open]) {
    if let Some(Open::Mapping { key_is_next, .. }) = open.last_mut() {
        *key_is_next = !*key_is_next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\ndata_dir: x\nwal:\n  segment_bytes: 1MiB\n  commit_interval: 5ms\nlisten: { api: a, \
                        names: [b, c] }\nlog:\n  level: info\n";

    #[test]
    fn every_key_has_its_place() {
        let keys = Keys::of(TEXT);
        let expected = [
            ("data_dir", (2, 1)),
            ("wal", (3, 1)),
            ("wal.segment_bytes", (4, 3)),
            ("wal.commit_interval", (5, 3)),
            ("listen", (6, 1)),
            ("listen.api", (6, 11)),
            ("listen.names", (6, 19)),
            ("log", (7, 1)),
            ("log.level", (8, 3)),
        ];
        assert_eq!(keys.0, expected.map(|(key, position)| (key.to_owned(), position)));
    }

    #[test]
    fn a_place_belongs_to_the_key_before_it() {
        let keys = Keys::of(TEXT);
        assert_eq!(keys.at((4, 18)), Some("wal.segment_bytes"));
        assert_eq!(keys.at((6, 27)), Some("listen.names"));
        assert_eq!(keys.at((1, 1)), None);
    }

    #[test]
    fn a_key_that_is_not_written_is_looked_for_at_its_parent() {
        let keys = Keys::of(TEXT);
        assert_eq!(keys.position("wal.backlog_bytes_max"), Some((3, 1)));
        assert_eq!(keys.position("hot.bytes_max"), None);
    }
}
