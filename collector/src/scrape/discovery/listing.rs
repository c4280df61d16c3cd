//! Targets as files and servers list them. Source: Prometheus' documentation of `file_sd_config` and `http_sd_config`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Group;
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

/// An entry of a list of targets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// What the list is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
}

/// The groups of a list, whose sources begin with `source`. All of them have `extra` as a label too.
///
/// # Errors
/// What is wrong with the list.
pub(super) fn groups(text: &str, form: Form, source: &str, extra: (&str, &str)) -> Result<Vec<Group>, String> {
    let listed: Vec<Listed> = match form {
        Form::Json => serde_json::from_str(text).map_err(|error| error.to_string())?,
        // An empty file lists nothing.
        Form::Yaml => serde_saphyr::from_str::<Option<Vec<Listed>>>(text)
            .map_err(|error| error.without_snippet().to_string())?
            .unwrap_or_default(),
    };
    let group = |(at, listed): (usize, Listed)| {
        let mut labels: LabelSet = listed.labels.into_iter().collect();
        labels.set(extra.0, extra.1);
        Group { source: format!("{source}:{at}"), targets: addresses(&listed.targets), labels }
    };
    Ok(listed.into_iter().enumerate().map(group).collect())
}

/// Targets of which no more than the address is known.
pub(super) fn addresses(addresses: &[String]) -> Vec<LabelSet> {
    addresses.iter().map(|address| [(ADDRESS, address.as_str())].into_iter().collect()).collect()
}
