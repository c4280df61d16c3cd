//! What is said beside a result, and shown as notices on a panel.

use super::json::{array, string};
use crate::promql::annotation::{Annotations, Severity};

/// So many of each kind are told, and how many more there are.
const NOTICES_MAX: usize = 10;

#[derive(Debug, Default)]
pub(in crate::prometheus) struct Notices {
    pub warnings: Vec<String>,
    pub infos: Vec<String>,
}

impl Notices {
    /// What the evaluation of a text said.
    pub fn of(annotations: &Annotations, text: &str) -> Self {
        let some = |severity, word: &str| {
            let mut texts = annotations.texts(severity, text);
            let more = texts.len().saturating_sub(NOTICES_MAX);
            texts.truncate(NOTICES_MAX);
            if more > 0 {
                texts.push(format!("{more} more {word} annotations omitted"));
            }
            texts
        };
        Self { warnings: some(Severity::Warning, "warning"), infos: some(Severity::Info, "info") }
    }

    /// Ends the object of an answer: fields for what there is to say, and the brace.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (name, texts) in [("warnings", &self.warnings), ("infos", &self.infos)] {
            if texts.is_empty() {
                continue;
            }
            out.push(b',');
            string(out, name);
            out.push(b':');
            array(out, texts, |out, text| string(out, text));
        }
        out.push(b'}');
    }
}
