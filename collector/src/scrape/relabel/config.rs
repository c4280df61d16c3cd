//! A rule as it is written.

use serde::{Deserialize, Serialize};

/// What a rule does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    #[default]
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }
}

/// An entry of `relabel_configs`. What is absent has the default that [`super::Rules`] knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelabelConfig {
    pub source_labels: Vec<String>,
    /// Stands between the values of the source labels; `;` unless said.
    pub separator: Option<String>,
    pub target_label: Option<String>,
    /// Must match the whole; `(.*)` unless said.
    pub regex: Option<String>,
    pub modulus: Option<u64>,
    /// `$1` unless said.
    pub replacement: Option<String>,
    #[serde(deserialize_with = "any_case")]
    pub action: Action,
}

/// Prometheus takes the names of actions in any case.
fn any_case<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
    let name = String::deserialize(deserializer)?.to_lowercase();
    Action::deserialize(serde::de::value::StringDeserializer::new(name))
}
