//! From what was found to a target: default labels, relabelling, checks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{Target, TargetId, name};
use crate::scrape::config::{GlobalConfig, JobConfig, PromDuration};
use crate::scrape::discovery::Group;
use crate::scrape::relabel::{LabelSet, Rules};

/// What a job says of all its targets.
#[derive(Debug)]
pub struct Template {
    pub pool: Arc<str>,
    defaults: Vec<(String, String)>,
    params: BTreeMap<String, Vec<String>>,
    rules: Rules,
}

/// What became of something that was found.
#[derive(Debug)]
pub enum Resolved {
    Active(Arc<Target>),
    /// A rule said so.
    Dropped(LabelSet),
}

impl Template {
    /// # Errors
    /// See [`Rules::new`].
    pub fn new(job: &JobConfig, global: &GlobalConfig) -> Result<Self, String> {
        let mut defaults = vec![
            (name::JOB.to_owned(), job.job_name.clone()),
            (name::INTERVAL.to_owned(), job.interval(global).to_string()),
            (name::TIMEOUT.to_owned(), job.timeout(global).to_string()),
            (name::PATH.to_owned(), job.path().to_owned()),
            (name::SCHEME.to_owned(), job.scheme.name().to_owned()),
        ];
        for (param, values) in &job.params {
            defaults.extend(values.first().map(|value| (format!("{}{param}", name::PARAM), value.clone())));
        }
        let rules = Rules::new(&job.relabel_configs)?;
        Ok(Self { pool: job.job_name.as_str().into(), defaults, params: job.params.clone(), rules })
    }

    /// Resolves one target of a group. The labels of a target win over those of its group, and both over defaults.
    ///
    /// # Errors
    /// Why it cannot be scraped.
    pub fn resolve(&self, group: &Group, target: &LabelSet) -> Result<Resolved, String> {
        let mut labels = target.clone();
        group.labels.iter().for_each(|(name, value)| labels.set_default(name, value));
        self.defaults.iter().for_each(|(name, value)| labels.set_default(name, value.as_str()));
        let mut discovered = labels.clone();
        discovered.sort();
        if !self.rules.apply(&mut labels) {
            return Ok(Resolved::Dropped(discovered));
        }
        let (interval, timeout) = times(&labels)?;
        let url = self.url(&labels)?;
        let address = labels.get(name::ADDRESS).to_owned();
        labels.set_default(name::INSTANCE, address);
        labels.retain(|label| !label.starts_with(name::RESERVED));
        labels.sort();
        let id = TargetId { labels, url, interval, timeout };
        Ok(Resolved::Active(Arc::new(Target::new(self.pool.clone(), id, discovered))))
    }

    fn url(&self, labels: &LabelSet) -> Result<Url, String> {
        let address = labels.get(name::ADDRESS);
        if address.is_empty() {
            return Err("a target has no address".to_owned());
        }
        if address.contains(['/', '?', '#', '@']) {
            return Err(format!("{address:?} is no address of a target, which is host or host:port"));
        }
        let scheme = labels.get(name::SCHEME);
        if !matches!(scheme, "http" | "https") {
            return Err(format!("{scheme:?} is no scheme of target {address}, it must be http or https"));
        }
        let refused = |error| format!("{address:?} is no address of a target: {error}");
        let mut url = Url::parse(&format!("{scheme}://{address}/")).map_err(refused)?;
        url.set_path(labels.get(name::PATH));
        self.set_params(&mut url, labels);
        Ok(url)
    }

    /// The parameters of the job, of which labels replace the first values.
    fn set_params(&self, url: &mut Url, labels: &LabelSet) {
        let mut params = self.params.clone();
        for (label, value) in labels.iter() {
            let Some(param) = label.strip_prefix(name::PARAM) else { continue };
            let values = params.entry(param.to_owned()).or_default();
            match values.first_mut() {
                Some(first) => value.clone_into(first),
                None => values.push(value.to_owned()),
            }
        }
        let pairs: Vec<_> =
            params.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value))).collect();
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
    }
}

/// Interval and timeout, which rules may have changed.
fn times(labels: &LabelSet) -> Result<(Duration, Duration), String> {
    let of = |label: &str| -> Result<Duration, String> {
        let value: PromDuration = labels.get(label).parse().map_err(|problem| format!("{label}: {problem}"))?;
        if value.is_zero() { Err(format!("{label} is 0s, it must be more")) } else { Ok(value.get()) }
    };
    let (interval, timeout) = (of(name::INTERVAL)?, of(name::TIMEOUT)?);
    if timeout > interval {
        let (interval, timeout) = (labels.get(name::INTERVAL), labels.get(name::TIMEOUT));
        return Err(format!("the timeout of a scrape is {timeout}, more than its interval of {interval}"));
    }
    Ok((interval, timeout))
}
