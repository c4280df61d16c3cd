//! Attributes without a column of their own, as far as pairing asks for them.

use arrow::array::{Array as _, MapArray};
use spanloom_store::coded::{Coded, Places};
use spanloom_store::schema::columns::map_entries;

use super::Protocols;
use crate::pair::sampling::SamplingAttributes;

/// Istio's name for a cluster that nobody named; as good as none.
pub(super) const ISTIO_CLUSTER_UNNAMED: &str = "Kubernetes";

/// A column of maps, and which of them say nothing that anybody asks for.
pub(super) struct Maps<'a> {
    column: Coded<'a, MapArray>,
    /// By place; `None` where nobody looked yet.
    says_nothing: Vec<Option<bool>>,
}

impl<'a> Maps<'a> {
    /// A column of so many rows.
    pub fn new(column: Coded<'a, MapArray>, rows: usize) -> Self {
        let is_worth_it = !matches!(column.places, Places::Each) && column.values.len() <= 4 * rows;
        let count = if is_worth_it { column.values.len() } else { 0 };
        Self { column, says_nothing: vec![None; count] }
    }

    /// Whether the map of a row says nothing.
    pub fn says_nothing(&mut self, row: usize) -> bool {
        let (maps, place) = (self.column.values, self.column.places.of(row));
        let look = || {
            let mut alone = Extras::default();
            map_entries(maps, place).for_each(|(key, value)| alone.note(key, value));
            alone == Extras::default()
        };
        match self.says_nothing.get_mut(place) {
            Some(known) => *known.get_or_insert_with(look),
            None => look(),
        }
    }

    pub fn places(&self) -> Places<'a> {
        self.column.places
    }

    /// Adds what the map of a row says.
    pub fn note(&self, row: usize, extras: &mut Extras<'a>) {
        let (maps, place) = (self.column.values, self.column.places.of(row));
        if self.says_nothing.get(place).copied().flatten() != Some(true) {
            map_entries(maps, place).for_each(|(key, value)| extras.note(key, value));
        }
    }
}

/// What one row's maps say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Extras<'a> {
    pub protocols: Protocols,
    /// As a number or a name.
    pub grpc_status: Option<&'a str>,
    pub istio_cluster: Option<&'a str>,
    pub source_cluster: Option<&'a str>,
    pub source_namespace: Option<&'a str>,
    pub source_service: Option<&'a str>,
    pub source_workload: Option<&'a str>,
    pub source_revision: Option<&'a str>,
    pub database_name: Option<&'a str>,
    pub messaging_system: Option<&'a str>,
    pub destination: Option<&'a str>,
    pub sampling: SamplingAttributes<'a>,
}

impl<'a> Extras<'a> {
    fn note(&mut self, key: &str, value: &'a str) {
        self.note_protocol(key, value);
        let place = match key {
            "grpc.status_code" | "rpc.grpc.status_code" | "rpc.response.status_code" => &mut self.grpc_status,
            "istio.cluster_id" => &mut self.istio_cluster,
            "istio.source_cluster_id" => &mut self.source_cluster,
            "istio.source_namespace" => &mut self.source_namespace,
            "istio.source_canonical_service" => &mut self.source_service,
            "istio.source_workload" => &mut self.source_workload,
            "istio.source_canonical_revision" => &mut self.source_revision,
            "db.name" => &mut self.database_name,
            "messaging.destination" => &mut self.destination,
            "sampling.probability" => &mut self.sampling.probability,
            "SampleRate" => &mut self.sampling.rate,
            "sampler.type" => &mut self.sampling.sampler_type,
            "sampler.param" => &mut self.sampling.sampler_param,
            _ => return self.note_brave_queue(key, value),
        };
        *place = Some(value);
    }

    /// Zipkin's Brave writes the system into the key. An empty value is RabbitMQ's default exchange and names nothing.
    fn note_brave_queue(&mut self, key: &str, value: &'a str) {
        let system = match key {
            "kafka.topic" => "kafka",
            "rabbit.queue" => "rabbitmq",
            "jms.queue" | "jms.topic" => "jms",
            _ => return,
        };
        if !value.is_empty() {
            self.protocols = self.protocols.with(Protocols::MESSAGING);
            self.messaging_system = Some(system);
            self.destination = Some(value);
        }
    }

    fn note_protocol(&mut self, key: &str, value: &str) {
        let is_any = |prefixes: &[&str]| prefixes.iter().any(|prefix| key.starts_with(prefix));
        let is_content_type = || key.starts_with("http.") && key.ends_with("header.content-type");
        let hints = [
            (is_any(&["grpc.", "rpc.grpc."]) || (key == "rpc.system.name" && is_grpc(value)), Protocols::GRPC),
            (is_content_type() && value.contains("application/grpc"), Protocols::GRPC),
            (is_any(&["http.", "url."]), Protocols::HTTP),
            (is_any(&["db."]), Protocols::DATABASE),
            (is_any(&["messaging."]), Protocols::MESSAGING),
        ];
        let hints = hints.into_iter().filter(|(is_so, _)| *is_so);
        self.protocols = hints.fold(self.protocols, |sum, (_, hint)| sum.with(hint));
    }
}

/// Other systems of remote calls, such as `aws-api`, are carried by HTTP and told by it.
pub(super) fn is_grpc(rpc_system: &str) -> bool {
    rpc_system.eq_ignore_ascii_case("grpc")
}

/// The controller of a pod that has no deployment.
pub(super) fn workload(resource_attrs: Coded<'_, MapArray>, row: usize) -> Option<&str> {
    const KEYS: [&str; 4] = ["k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name"];
    let found = map_entries(resource_attrs.values, resource_attrs.places.of(row)).filter_map(|(key, value)| {
        let rank = KEYS.iter().position(|known| *known == key)?;
        Some((rank, value))
    });
    found.min_by_key(|(rank, _)| *rank).map(|(_, value)| value)
}
