//! A rule as it is applied.

use md5::{Digest, Md5};
use regex::Regex;
use spanloom_store::series::anchored;

use super::config::{Action, RelabelConfig};
use super::label_set::LabelSet;

const SEPARATOR: &str = ";";
const REGEX: &str = "(.*)";
const REPLACEMENT: &str = "$1";
/// A label that grows by itself (`a` becomes `$a$a`) must end somewhere.
const VALUE_BYTES_MAX: usize = 1 << 20;

/// Rules in the order in which they are applied.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

/// A rule whose defaults are filled in and whose pattern is compiled.
#[derive(Debug, Clone)]
struct Rule {
    action: Action,
    source: Vec<String>,
    separator: String,
    target: String,
    regex: Regex,
    modulus: u64,
    replacement: String,
}

impl Rules {
    /// # Errors
    /// Which rule, and which of its keys cannot be as it is: `[2].regex is ...`.
    pub fn new(configs: &[RelabelConfig]) -> Result<Self, String> {
        let rules = configs.iter().enumerate();
        let rules = rules.map(|(at, config)| Rule::new(config).map_err(|problem| format!("[{at}].{problem}")));
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// Applies all rules; false when one of them says that the target or series is dropped, whose labels are then those
    /// that this rule saw.
    #[must_use]
    pub fn apply(&self, labels: &mut LabelSet) -> bool {
        self.0.iter().all(|rule| rule.apply(labels))
    }
}

impl Rule {
    fn new(config: &RelabelConfig) -> Result<Self, String> {
        check_keys(config)?;
        let regex = config.regex.as_deref().unwrap_or(REGEX);
        let rule = Self {
            action: config.action,
            source: config.source_labels.clone(),
            separator: config.separator.clone().unwrap_or_else(|| SEPARATOR.to_owned()),
            target: config.target_label.clone().unwrap_or_default(),
            regex: anchored(regex).map_err(|error| format!("regex is {regex:?}: {error}"))?,
            modulus: config.modulus.unwrap_or(0),
            replacement: config.replacement.clone().unwrap_or_else(|| REPLACEMENT.to_owned()),
        };
        Ok(rule)
    }

    fn apply(&self, labels: &mut LabelSet) -> bool {
        match self.action {
            Action::LabelMap => self.map_names(labels),
            Action::LabelDrop => labels.retain(|name| !self.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name| self.regex.is_match(name)),
            _ => return self.apply_to_value(labels),
        }
        true
    }

    fn apply_to_value(&self, labels: &mut LabelSet) -> bool {
        let value = self.joined(labels);
        match self.action {
            Action::Keep => return self.regex.is_match(&value),
            Action::Drop => return !self.regex.is_match(&value),
            Action::KeepEqual => return labels.get(&self.target) == value,
            Action::DropEqual => return labels.get(&self.target) != value,
            Action::HashMod => labels.set(&self.target, self.hash(&value).to_string()),
            Action::Lowercase => labels.set(&self.target, value.to_lowercase()),
            Action::Uppercase => labels.set(&self.target, value.to_uppercase()),
            _ => self.replace(&value, labels),
        }
        true
    }

    /// The values of the source labels with the separator between them.
    fn joined(&self, labels: &LabelSet) -> String {
        let mut joined = String::new();
        for (at, name) in self.source.iter().enumerate() {
            joined.push_str(if at == 0 { "" } else { &self.separator });
            joined.push_str(labels.get(name));
        }
        joined
    }

    fn replace(&self, value: &str, labels: &mut LabelSet) {
        let Some(captures) = self.regex.captures(value) else { return };
        let (mut target, mut replacement) = (String::new(), String::new());
        captures.expand(&self.target, &mut target);
        captures.expand(&self.replacement, &mut replacement);
        if !target.is_empty() && replacement.len() <= VALUE_BYTES_MAX {
            labels.set(&target, replacement);
        }
    }

    fn map_names(&self, labels: &mut LabelSet) {
        let mut mapped = Vec::new();
        for (name, value) in labels.iter() {
            let Some(captures) = self.regex.captures(name) else { continue };
            let mut target = String::new();
            captures.expand(&self.replacement, &mut target);
            mapped.push((target, value.to_owned()));
        }
        mapped.into_iter().filter(|(name, _)| !name.is_empty()).for_each(|(name, value)| labels.set(&name, value));
    }

    /// The last eight bytes of the MD5 sum as a number, as Prometheus hashes, so that shards agree with its own.
    fn hash(&self, value: &str) -> u64 {
        let sum: [u8; 16] = Md5::digest(value.as_bytes()).into();
        let [.., a, b, c, d, e, f, g, h] = sum;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) % self.modulus
    }
}

/// Whether the keys of a rule fit its action.
fn check_keys(config: &RelabelConfig) -> Result<(), String> {
    let action = config.action.name();
    let needs_target = matches!(
        config.action,
        Action::Replace
            | Action::HashMod
            | Action::KeepEqual
            | Action::DropEqual
            | Action::Lowercase
            | Action::Uppercase
    );
    if needs_target && config.target_label.as_deref().unwrap_or_default().is_empty() {
        return Err(format!("target_label is missing, action {action} needs it"));
    }
    if config.action == Action::HashMod && config.modulus.unwrap_or(0) == 0 {
        return Err("modulus is missing or 0, action hashmod needs it".to_owned());
    }
    match unfit_key(config) {
        Some(key) => Err(format!("{key} is set, action {action} does not take it")),
        None => Ok(()),
    }
}

/// A key that is set though the action does not take it. Where an action merely ignores a key, Prometheus allows it.
fn unfit_key(config: &RelabelConfig) -> Option<&'static str> {
    let is_equal = matches!(config.action, Action::KeepEqual | Action::DropEqual);
    let is_names = matches!(config.action, Action::LabelDrop | Action::LabelKeep);
    let no_replacement = is_equal || is_names || matches!(config.action, Action::Lowercase | Action::Uppercase);
    let set = |value: &Option<String>, default: &str| value.as_deref().is_some_and(|value| value != default);
    [
        ("replacement", no_replacement && set(&config.replacement, REPLACEMENT)),
        ("regex", is_equal && set(&config.regex, REGEX)),
        ("modulus", (is_equal || is_names) && config.modulus.is_some_and(|modulus| modulus != 0)),
        ("separator", (is_equal || is_names) && set(&config.separator, SEPARATOR)),
        ("source_labels", is_names && !config.source_labels.is_empty()),
        ("target_label", is_names && config.target_label.is_some()),
    ]
    .into_iter()
    .find_map(|(key, is_unfit)| is_unfit.then_some(key))
}
