//! Strings and processes of one batch, each once.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::pair::span::{Origin, Text};

/// Strings and processes of one batch, each once.
#[derive(Default)]
pub(super) struct Shared {
    texts: HashSet<Text, RandomState>,
    last_origin: Arc<Origin>,
}

impl Shared {
    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text = Text::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    pub(super) fn optional(&mut self, text: Option<&str>) -> Option<Text> {
        text.filter(|text| !text.is_empty()).map(|text| self.text(text))
    }

    /// A part of an identity. Zipkin's clients and Istio's labels write what they do not know as "unknown".
    pub(super) fn known(&mut self, text: Option<&str>) -> Option<Text> {
        self.optional(text.filter(|text| *text != "unknown"))
    }

    pub(super) fn host(&mut self, host: Option<String>) -> Option<Text> {
        self.optional(host.as_deref())
    }

    pub(super) fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        if *self.last_origin != origin {
            self.last_origin = Arc::new(origin);
        }
        Arc::clone(&self.last_origin)
    }
}
