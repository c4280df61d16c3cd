//! Who sends spans: a pod's app, or the proxy beside it.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::attributes::text;
use crate::chance::scatter;
use crate::mesh::{Mesh, Role, Service};
use crate::request::Place;

const ENVOY_VERSION: &str = "1.40.0";
const SDK_VERSION: &str = "1.54.0";
/// What the apps are written in, by the number of the service.
const LANGUAGES: [&str; 4] = ["java", "go", "nodejs", "python"];
/// What Kubernetes makes names of.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const REPLICA_SET_LEN: usize = 10;
const POD_LEN: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    pub place: Place,
    pub is_proxy: bool,
}

impl Place {
    fn service(self, mesh: &Mesh) -> &Service {
        &mesh.services[self.service]
    }

    pub fn revision(self, mesh: &Mesh) -> &str {
        &self.service(mesh).revisions[self.revision]
    }

    /// The deployment.
    pub fn workload(self, mesh: &Mesh) -> String {
        format!("{}-{}", self.service(mesh).name, self.revision(mesh))
    }

    pub fn pod(self, mesh: &Mesh) -> String {
        let set = scatter((self.service as u64) << 8 | self.revision as u64);
        let pod = scatter(set ^ self.pod);
        format!("{}-{}-{}", self.workload(mesh), letters(set, REPLICA_SET_LEN), letters(pod, POD_LEN))
    }

    pub fn ip(self) -> String {
        let host = scatter((self.service as u64) << 16 | (self.revision as u64) << 8 | self.pod);
        format!("10.244.{}.{}", host >> 8 & 0xff, 1 + (host & 0xff) % 254)
    }
}

fn letters(mut number: u64, len: usize) -> String {
    let mut next = || {
        let letter = SAFE[(number % SAFE.len() as u64) as usize];
        number = scatter(number);
        char::from(letter)
    };
    (0..len).map(|_| next()).collect()
}

impl Process {
    /// Istio's `node_id`.
    pub fn node_id(self, mesh: &Mesh) -> String {
        let service = self.place.service(mesh);
        let kind = if service.role == Role::Gateway { "router" } else { "sidecar" };
        let (ip, pod, namespace) = (self.place.ip(), self.place.pod(mesh), &service.namespace);
        format!("{kind}~{ip}~{pod}.{namespace}~{namespace}.svc.cluster.local")
    }

    pub fn tell(self, mesh: &Mesh, spans: Vec<Span>) -> ResourceSpans {
        let (resource, scope) = if self.is_proxy { self.proxy(mesh) } else { self.app(mesh) };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
        ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }
    }

    /// Envoy tells its name and nothing of its place.
    fn proxy(self, mesh: &Mesh) -> (Resource, InstrumentationScope) {
        let attributes = vec![
            text("service.name", self.place.service(mesh).id()),
            text("telemetry.sdk.language", "cpp"),
            text("telemetry.sdk.name", "envoy"),
            text("telemetry.sdk.version", ENVOY_VERSION),
        ];
        (Resource { attributes, ..Resource::default() }, scope("envoy", ENVOY_VERSION))
    }

    fn app(self, mesh: &Mesh) -> (Resource, InstrumentationScope) {
        let service = self.place.service(mesh);
        let language = LANGUAGES[self.place.service % LANGUAGES.len()];
        let attributes = vec![
            text("service.name", &service.name),
            text("service.version", self.place.revision(mesh)),
            text("k8s.namespace.name", &service.namespace),
            text("k8s.deployment.name", self.place.workload(mesh)),
            text("k8s.pod.name", self.place.pod(mesh)),
            text("telemetry.sdk.language", language),
            text("telemetry.sdk.name", "opentelemetry"),
            text("telemetry.sdk.version", SDK_VERSION),
        ];
        (Resource { attributes, ..Resource::default() }, scope(&format!("io.opentelemetry.{language}"), SDK_VERSION))
    }
}

fn scope(name: &str, version: &str) -> InstrumentationScope {
    InstrumentationScope { name: name.to_owned(), version: version.to_owned(), ..InstrumentationScope::default() }
}
