//! What is asked of Consul. Source: developer.hashicorp.com, "Blocking Queries".

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use super::entry::Entry;
use crate::scrape::client::{HttpClient, causes, read_body};
use crate::scrape::config::client::BasicAuth;
use crate::scrape::config::discovery::{CONSUL_SERVER, ConsulSdConfig};
use crate::scrape::config::secret::Secret;

const TOKEN_HEADER: &str = "X-Consul-Token";
const INDEX_HEADER: &str = "X-Consul-Index";
/// How long a question may wait for news.
const WAIT: Duration = Duration::from_secs(120);
/// Consul adds up to a sixteenth, and the answer takes a while.
const ANSWER_MAX: Duration = Duration::from_secs(150);
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// The state of things that the last answer had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Index(u64);

impl Index {
    /// Follows an answer; false when it says nothing new. An index that goes back begins anew.
    fn follow(&mut self, answered: u64) -> bool {
        if answered == self.0 {
            return false;
        }
        self.0 = if answered < self.0 { 0 } else { answered };
        true
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Agent {
    config: AgentConfig,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AgentConfig {
    datacenter: String,
}

/// An agent of Consul.
#[derive(Debug)]
pub(super) struct Api {
    client: HttpClient,
    base: Url,
    token: Option<Secret>,
    parameters: Vec<(&'static str, String)>,
    filter: String,
    tags: Vec<String>,
}

impl Api {
    /// # Errors
    /// An address that is none.
    pub fn new(config: &ConsulSdConfig) -> Result<Self, String> {
        let mut client = config.client();
        if config.username.is_some() || config.password.is_some() {
            let (username, password) = (config.username.clone(), config.password.clone());
            client.basic_auth = Some(BasicAuth { username, password, ..BasicAuth::default() });
        }
        let server = config.server.as_deref().unwrap_or(CONSUL_SERVER);
        let prefix = config.path_prefix.trim_matches('/');
        let scheme = config.scheme.unwrap_or_default().name();
        let base = format!("{scheme}://{server}/{prefix}{}", if prefix.is_empty() { "" } else { "/" });
        let mut parameters = Vec::new();
        if config.allow_stale.unwrap_or(true) {
            parameters.push(("stale", String::new()));
        }
        for (name, value) in [("dc", &config.datacenter), ("ns", &config.namespace), ("partition", &config.partition)] {
            parameters.extend((!value.is_empty()).then(|| (name, value.clone())));
        }
        parameters.extend(config.node_meta.iter().map(|(name, value)| ("node-meta", format!("{name}:{value}"))));
        Ok(Self {
            client: HttpClient::new(client, true),
            base: Url::parse(&base).map_err(|error| format!("server is {server:?}: {error}"))?,
            token: config.token.clone(),
            parameters,
            filter: config.filter.clone(),
            tags: config.tags.clone(),
        })
    }

    /// The datacenter of the agent that is asked.
    pub async fn datacenter(&self) -> Result<String, String> {
        let (agent, _) = self.ask::<Agent>(&["v1", "agent", "self"], &[]).await?;
        Ok(agent.config.datacenter)
    }

    /// The names of all services with their tags; `None` when nothing changed.
    pub async fn services(&self, index: &mut Index) -> Result<Option<BTreeMap<String, Vec<String>>>, String> {
        let filter = (!self.filter.is_empty()).then(|| ("filter", self.filter.clone()));
        self.watch(&["v1", "catalog", "services"], filter.into_iter().collect(), index).await
    }

    /// All instances of a service that have all tags; `None` when nothing changed.
    pub async fn instances(&self, name: &str, index: &mut Index) -> Result<Option<Vec<Entry>>, String> {
        let tags = self.tags.iter().map(|tag| ("tag", tag.clone())).collect();
        self.watch(&["v1", "health", "service", name], tags, index).await
    }

    async fn watch<T: DeserializeOwned>(
        &self,
        path: &[&str],
        mut parameters: Vec<(&str, String)>,
        index: &mut Index,
    ) -> Result<Option<T>, String> {
        parameters.extend(self.parameters.iter().cloned());
        parameters.push(("index", index.0.to_string()));
        parameters.push(("wait", format!("{}s", WAIT.as_secs())));
        let (answer, answered) = self.ask(path, &parameters).await?;
        Ok(index.follow(answered).then_some(answer))
    }

    async fn ask<T: DeserializeOwned>(&self, path: &[&str], parameters: &[(&str, String)]) -> Result<(T, u64), String> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| "server is no address".to_owned())?.pop_if_empty().extend(path);
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let shown = url.path().to_owned();
        let answer = timeout(ANSWER_MAX, self.fetch(url)).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {ANSWER_MAX:?}")));
        answer.map_err(|problem| format!("failed to ask Consul for {shown}: {problem}"))
    }

    async fn fetch<T: DeserializeOwned>(&self, url: Url) -> Result<(T, u64), String> {
        let mut request = self.client.get(url).await?;
        if let Some(token) = &self.token {
            request = request.header(TOKEN_HEADER, token.reveal());
        }
        let response = request.send().await.map_err(|error| causes(&error))?;
        if response.status() != StatusCode::OK {
            return Err(format!("server returned HTTP status {}", response.status()));
        }
        let index = response.headers().get(INDEX_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        read_body(response, ANSWER_BYTES_MAX, &mut body).await.map_err(|error| error.to_string())?;
        let answer = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        Ok((answer, index.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_goes_back_begins_anew() {
        let mut index = Index::default();
        assert!(index.follow(7) && !index.follow(7) && index.follow(9));
        assert!(index.follow(3));
        assert_eq!(index, Index(0));
    }
}
