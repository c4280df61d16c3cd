//! Public recordings of messages, as JSON and as protobuf text. They are not part of the project: `SPANLOOM_CORPORA`
//! says where they are, and `SPANLOOM_REQUIRE_CORPORA=1` makes their absence a failure.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use super::*;

fn recording(name: &str) -> Option<String> {
    let path = std::env::var_os("SPANLOOM_CORPORA").map(PathBuf::from);
    let path = path.map(|path| path.join("exposition/envoy-metrics-service").join(name)).filter(|path| path.is_file());
    if path.is_none() {
        let is_required = std::env::var("SPANLOOM_REQUIRE_CORPORA").is_ok_and(|value| value == "1");
        assert!(!is_required, "SPANLOOM_CORPORA names no directory with {name}");
        println!("skipped: SPANLOOM_CORPORA names no directory with {name}");
    }
    path.map(|path| fs::read_to_string(path).unwrap())
}

/// Every metric becomes as many samples as it has values, of one time, and nothing is refused.
fn check(json: &Json, identity: &ProxyIdentity, time_ms: i64) -> Vec<String> {
    let families = list(json, &["envoyMetrics", "envoy_metrics"]);
    let metrics = families.iter().flat_map(|family| list(family, &["metric", "metrics"]));
    // A summary has its quantiles, a sum and a count.
    let values = |metric: Json| metric.get("summary").map_or(1, |summary| list(summary, &["quantile"]).len() + 2);
    let expected: usize = metrics.map(values).sum();
    let message = message(&families.iter().map(read_family).collect::<Vec<_>>());
    let (batch, refused) = batch(&message, identity, &mut Totals::new(1000), RECEIVED_MS + time_ms, &NoneKnown);
    assert_eq!(refused, Refused::default());
    assert_eq!(batch.samples.len(), expected);
    assert!(batch.samples.iter().all(|sample| sample.time_ms == time_ms));
    lines(&batch)
}

#[test]
fn a_message_with_its_proxy_is_taken_whole() {
    let Some(text) = recording("identify.json") else { return };
    let json = serde_json::from_str(&text).unwrap();
    let lines = check(&json, &read_identity(&json), 1_551_781_658_343);
    let expected = "envoy_cluster_service_stats_update_attempt{node_cluster=\"envoy-proxy\"} 1 @1551781658343";
    assert!(lines.contains(&expected.to_owned()), "{lines:?}");
}

#[test]
fn a_later_message_is_taken_whole() {
    let Some(text) = recording("metrics.json") else { return };
    let lines = check(&serde_json::from_str(&text).unwrap(), &identity(), 1_551_781_663_344);
    let expected = "envoy_cluster_service_stats_upstream_cx_connect_ms{quantile=\"0.999\"} 1.0999 @1551781663344";
    assert!(lines.contains(&expected.to_owned()), "{lines:?}");
}

#[test]
fn a_message_in_protobuf_text_is_taken_whole() {
    let Some(text) = recording("envoy-metric.textproto.msg") else { return };
    let json = Json::Object(Words::of(&text).fields());
    let identity = read_identity(&json);
    assert_eq!((identity.node_id.as_str(), identity.locality.sub_zone.as_str()), ("ingress", "subzone1"));
    let lines = check(&json, &identity, 1_551_781_658_343);
    assert_eq!(lines.len(), 5);
    let expected = "envoy_server_memory_heap_size{node_cluster=\"envoy-proxy\"} 3145728 @1551781658343";
    assert!(lines.contains(&expected.to_owned()), "{lines:?}");
}

fn list(json: &Json, names: &[&str]) -> Vec<Json> {
    let found = names.iter().find_map(|name| json.get(name)).unwrap_or_else(|| panic!("no {names:?} in {json}"));
    found.as_array().unwrap().clone()
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Numbers are numbers in JSON, but 64-bit integers are texts, as protobuf's JSON has them.
fn number<T: std::str::FromStr>(json: &Json) -> Option<T> {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned).parse().ok()
}

fn read_identity(json: &Json) -> ProxyIdentity {
    let node = &json["identifier"]["node"];
    let locality = &node["locality"];
    let sub_zone = [text(locality, "subZone"), text(locality, "sub_zone")].concat();
    let locality = Locality { region: text(locality, "region"), zone: text(locality, "zone"), sub_zone };
    let node = Node { id: text(node, "id"), cluster: text(node, "cluster"), metadata: None, locality: Some(locality) };
    ProxyIdentity::of(Some(&Identifier { node: Some(node) })).unwrap()
}

fn read_family(json: &Json) -> MetricFamily {
    let kind = match text(json, "type").as_str() {
        "GAUGE" => Kind::Gauge,
        "SUMMARY" => Kind::Summary,
        "" | "COUNTER" => Kind::Counter,
        other => panic!("no recording has a {other}"),
    };
    let metric = list(json, &["metric", "metrics"]).iter().map(read_metric).collect();
    MetricFamily { name: Some(text(json, "name")), r#type: Some(kind as i32), metric, ..MetricFamily::default() }
}

fn read_metric(json: &Json) -> Metric {
    let value = |json: &Json| json.get("value").and_then(number);
    Metric {
        counter: json.get("counter").map(|counter| Counter { value: value(counter), ..Counter::default() }),
        gauge: json.get("gauge").map(|gauge| Gauge { value: value(gauge) }),
        summary: json.get("summary").map(read_summary),
        timestamp_ms: json.get("timestampMs").or_else(|| json.get("timestamp_ms")).and_then(number),
        ..Metric::default()
    }
}

fn read_summary(json: &Json) -> Summary {
    let field = |json: &Json, name: &str| json.get(name).and_then(number);
    let quantile = list(json, &["quantile"]);
    let quantile =
        quantile.iter().map(|json| Quantile { quantile: field(json, "quantile"), value: field(json, "value") });
    Summary { quantile: quantile.collect(), ..Summary::default() }
}

/// Protobuf text, word by word. Enough of it for the recording; a field that comes twice has its last value.
struct Words<'a> {
    left: &'a str,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self { left: text }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.left = self.left.trim_start_matches(|char: char| char.is_whitespace() || char == ',' || char == ':');
        if self.left.starts_with('#') {
            self.left = self.left.split_once('\n').map_or("", |(_, left)| left);
            return self.word();
        }
        let length = match self.left.chars().next()? {
            '{' | '}' | '[' | ']' => 1,
            '"' => self.left[1..].find('"')? + 2,
            _ => {
                self.left.find(|char: char| char.is_whitespace() || ",:{}[]".contains(char)).unwrap_or(self.left.len())
            }
        };
        let (word, left) = self.left.split_at(length);
        self.left = left;
        Some(word)
    }

    fn fields(&mut self) -> Map<String, Json> {
        let mut fields = Map::new();
        while let Some(name) = self.word().filter(|word| *word != "}") {
            let value = self.word().unwrap();
            fields.insert(name.to_owned(), self.value(value));
        }
        fields
    }

    fn value(&mut self, word: &str) -> Json {
        match word {
            "{" => Json::Object(self.fields()),
            "[" => {
                let mut all = Vec::new();
                while let Some(word) = self.word().filter(|word| *word != "]") {
                    all.push(self.value(word));
                }
                Json::Array(all)
            }
            _ => Json::String(word.trim_matches('"').to_owned()),
        }
    }
}
