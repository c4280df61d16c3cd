//! Lists and watches of the cluster's API. Source: kubernetes.io, "Kubernetes API Concepts".

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use thiserror::Error;
use tokio::time::timeout;
use url::Url;

use super::access::Access;
use super::objects::Resource;
use crate::scrape::client::{HttpClient, causes, read_body};

/// Objects of one answer to a list.
const PAGE: usize = 500;
const ANSWER_MAX: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: u64 = 128 << 20;
const STATUS_BYTES_MAX: u64 = 64 << 10;
/// An object has at most about 1.5 MB, which is what etcd takes.
const EVENT_BYTES_MAX: usize = 16 << 20;
/// How long a watch lasts before it is begun anew.
const WATCH: Duration = Duration::from_secs(300);
const SHOWN_BYTES_MAX: usize = 200;

/// Why the API did not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ApiFailed {
    /// What a question begins with is too old: everything must be listed again.
    #[error("the version is too old")]
    Gone,
    #[error("{0}")]
    Failed(String),
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    /// All namespaces unless one is named.
    pub namespace: Option<String>,
    pub label_selector: String,
    pub field_selector: String,
}

/// All objects of a kind, as of a version.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub objects: Vec<T>,
    pub version: String,
}

/// One change.
#[derive(Debug)]
pub(super) enum Event<T> {
    Put(T),
    Removed(T),
    /// Nothing but that the version is now this one.
    Bookmark,
}

#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default)]
    metadata: PageMeta,
    items: Option<Vec<T>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMeta {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

/// The beginning of an event, which tells what to read its object as.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    object: HeadObject,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HeadObject {
    metadata: HeadMeta,
    /// Of a `Status`.
    code: u16,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HeadMeta {
    resource_version: String,
}

#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Body<T> {
    object: T,
    #[serde(rename = "type")]
    _kind: IgnoredAny,
}

/// The API of a cluster.
#[derive(Debug)]
pub(super) struct Api {
    client: HttpClient,
    server: Url,
}

impl Api {
    pub fn new(access: Access) -> Self {
        Self { client: HttpClient::new(access.client, true), server: access.server }
    }

    /// All objects, page by page.
    pub async fn list<T: Resource>(&self, scope: &Scope, objects_max: usize) -> Result<Listed<T>, ApiFailed> {
        let mut listed = Listed { objects: Vec::new(), version: String::new() };
        let mut next = String::new();
        loop {
            let mut parameters = vec![("limit", PAGE.to_string())];
            parameters.extend((!next.is_empty()).then_some(("continue", next)));
            let url = self.url::<T>(scope, &parameters)?;
            let page = timeout(ANSWER_MAX, self.page::<T>(url)).await;
            let page = page.unwrap_or_else(|_| Err(ApiFailed::Failed(format!("no answer within {ANSWER_MAX:?}"))))?;
            listed.objects.extend(page.items.unwrap_or_default());
            if listed.objects.len() > objects_max {
                return Err(ApiFailed::Failed(format!("there are more than {objects_max} {}", T::PLURAL)));
            }
            (listed.version, next) = (page.metadata.resource_version, page.metadata.next);
            if next.is_empty() {
                return Ok(listed);
            }
        }
    }

    async fn page<T: Resource>(&self, url: Url) -> Result<Page<T>, ApiFailed> {
        let response = self.ask(url).await?;
        let mut body = Vec::new();
        let read = read_body(response, ANSWER_BYTES_MAX, &mut body).await;
        read.map_err(|error| ApiFailed::Failed(error.to_string()))?;
        serde_json::from_slice(&body).map_err(|error| ApiFailed::Failed(error.to_string()))
    }

    /// Begins to follow changes after a version.
    pub async fn watch<T: Resource>(&self, scope: &Scope, version: &str) -> Result<Watch, ApiFailed> {
        let parameters = [
            ("watch", "1".to_owned()),
            ("allowWatchBookmarks", "true".to_owned()),
            ("resourceVersion", version.to_owned()),
            ("timeoutSeconds", WATCH.as_secs().to_string()),
        ];
        let asked = timeout(ANSWER_MAX, self.ask(self.url::<T>(scope, &parameters)?)).await;
        let asked = asked.unwrap_or_else(|_| Err(ApiFailed::Failed(format!("no answer within {ANSWER_MAX:?}"))));
        Ok(Watch { response: asked?, buffer: Vec::new(), version: version.to_owned() })
    }

    fn url<T: Resource>(&self, scope: &Scope, parameters: &[(&str, String)]) -> Result<Url, ApiFailed> {
        let mut url = self.server.clone();
        {
            let is_no_address = |()| ApiFailed::Failed(format!("{} is no address of an API", self.server));
            let mut segments = url.path_segments_mut().map_err(is_no_address)?;
            segments.pop_if_empty().extend(T::GROUP.split('/'));
            if let Some(namespace) = scope.namespace.as_deref().filter(|_| T::IS_NAMESPACED) {
                segments.extend(["namespaces", namespace]);
            }
            segments.push(T::PLURAL);
        }
        let selectors = [("labelSelector", &scope.label_selector), ("fieldSelector", &scope.field_selector)];
        let selectors = selectors.into_iter().filter(|(_, selector)| !selector.is_empty());
        url.query_pairs_mut().extend_pairs(selectors).extend_pairs(parameters);
        Ok(url)
    }

    async fn ask(&self, url: Url) -> Result<Response, ApiFailed> {
        let request = self.client.get(url).await.map_err(ApiFailed::Failed)?;
        let response = request.send().await.map_err(|error| ApiFailed::Failed(causes(&error)))?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::GONE => Err(ApiFailed::Gone),
            status => Err(ApiFailed::Failed(format!("server returned HTTP status {status}{}", reason(response).await))),
        }
    }
}

/// What the API says of a refusal.
async fn reason(response: Response) -> String {
    let mut body = Vec::new();
    let read = read_body(response, STATUS_BYTES_MAX, &mut body).await;
    let status = read.ok().and_then(|()| serde_json::from_slice::<HeadObject>(&body).ok());
    let message = status.map(|status| status.message).unwrap_or_default();
    if message.is_empty() { message } else { format!(": {}", &message[..message.floor_char_boundary(SHOWN_BYTES_MAX)]) }
}

/// Changes as they come.
#[derive(Debug)]
pub(super) struct Watch {
    response: Response,
    buffer: Vec<u8>,
    /// That of the last change.
    pub version: String,
}

impl Watch {
    /// The next change; `None` when the watch has ended, as all do after a while.
    pub async fn next<T: Resource>(&mut self) -> Result<Option<Event<T>>, ApiFailed> {
        // Begins where the last look ended, so that a long line is looked through once.
        let mut looked = 0;
        loop {
            if let Some(end) = self.buffer[looked..].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=looked + end).collect();
                return self.event(&line).map(Some);
            }
            looked = self.buffer.len();
            if looked > EVENT_BYTES_MAX {
                return Err(ApiFailed::Failed(format!("an event has more than {EVENT_BYTES_MAX} bytes")));
            }
            let chunk = timeout(WATCH + ANSWER_MAX, self.response.chunk()).await;
            let Ok(chunk) = chunk else { return Ok(None) };
            match chunk.map_err(|error| ApiFailed::Failed(causes(&error)))? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }

    fn event<T: Resource>(&mut self, line: &[u8]) -> Result<Event<T>, ApiFailed> {
        let malformed = |error: serde_json::Error| ApiFailed::Failed(format!("an event cannot be read: {error}"));
        let head: Head = serde_json::from_slice(line).map_err(malformed)?;
        if head.kind == "ERROR" {
            let is_gone = head.object.code == StatusCode::GONE.as_u16();
            return Err(if is_gone { ApiFailed::Gone } else { ApiFailed::Failed(head.object.message) });
        }
        self.version = head.object.metadata.resource_version;
        let object = || serde_json::from_slice::<Body<T>>(line).map(|body| body.object).map_err(malformed);
        match head.kind.as_str() {
            "ADDED" | "MODIFIED" => object().map(Event::Put),
            "DELETED" => object().map(Event::Removed),
            "BOOKMARK" => Ok(Event::Bookmark),
            other => Err(ApiFailed::Failed(format!("an event is of an unknown type: {other}"))),
        }
    }
}
