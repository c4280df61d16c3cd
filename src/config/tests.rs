use super::*;

fn problem_of(text: &str) -> Problem {
    Config::parse(text).expect_err(text)
}

fn check(text: &str, key: &str, position: (u64, u64)) {
    let problem = problem_of(text);
    assert_eq!(problem.position, Some(position), "{text}: {problem}");
    assert!(problem.to_string().contains(key), "{text}: {problem}");
    assert!(problem.to_string().contains(&format!("line {}", position.0)), "{text}: {problem}");
}

#[test]
fn every_key_has_a_default() {
    assert_eq!(Config::default().validate(), Ok(()));
    for text in ["", "# nothing\n", "wal: {}\n", "---\n"] {
        assert_eq!(Config::parse(text), Ok(Config::default()), "{text:?}");
    }
}

#[test]
fn units_and_nested_keys_are_read() {
    let config = Config::parse(
        "data_dir: /d\nwal: { segment_bytes: 1MiB, commit_interval: 7ms }\nretention:\n  max_age: 2d\n  disk_budget: 50%\n\
         listen: { api: \"0.0.0.0:0\" }\ntenants: { allowed: [\"*\"], max: 3 }\nlog: { level: warn, format: json }\n",
    )
    .unwrap();
    assert_eq!(config.wal.segment_bytes.as_u64(), 1 << 20);
    assert_eq!(config.wal.commit_interval.as_millis(), 7);
    assert_eq!(config.retention.max_age.as_secs(), 2 * 24 * 3600);
    assert_eq!(config.listen.api, SocketAddr::from(([0, 0, 0, 0], 0)));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.store().data_dir, PathBuf::from("/d"));
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    check("data_dir: /d\nwal:\n  segment_bytes: 64MiB\n  commit_intervall: 5ms\n", "wal.commit_intervall", (4, 3));
    check("nothing: 1\n", "nothing", (1, 1));
}

#[test]
fn a_value_that_cannot_be_is_named_with_its_line() {
    check("wal:\n  commit_interval: soon\n", "wal.commit_interval", (2, 3));
    check("listen:\n  api: nowhere\n", "listen.api", (2, 8));
    check("log:\n  format: xml\n", "log.format", (2, 11));
}

#[test]
fn a_value_out_of_its_bounds_is_named_with_its_line() {
    check("hot:\n  age_max: 1m\n  bytes_max: 0B\n", "hot.bytes_max", (3, 3));
    check("wal: { backlog_bytes_max: 1MiB }\n", "wal.backlog_bytes_max", (1, 8));
    check("query:\n  concurrency_max: 0\n", "query.concurrency_max", (2, 3));
    check("tenants:\n  allowed: []\n", "tenants.allowed", (2, 3));
    check("tls: { cert_file: a.pem }\n", "tls.key_file", (1, 8));
    check("log: { level: \"a=b=c\" }\n", "log.level", (1, 8));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    check("hot: { age_max: 1m }\nhot: { age_max: 2m }\n", "hot", (2, 1));
}

#[test]
fn two_listeners_cannot_share_an_address() {
    let problem = problem_of("listen: { api: \"127.0.0.1:4318\" }");
    assert!(problem.message.contains("listen.api is 127.0.0.1:4318"), "{problem}");
    let problem = problem_of("listen: { zipkin: \"127.0.0.1:4317\" }");
    assert!(problem.message.contains("listen.zipkin is 127.0.0.1:4317"), "{problem}");
}

#[test]
fn the_example_file_says_the_defaults() {
    let example = include_str!("../../spanloom.example.yaml");
    assert_eq!(Config::parse(example), Ok(Config::default()));
}

#[test]
fn every_key_of_the_default_is_in_the_documentation() {
    let page = include_str!("../../docs/configuration.md");
    let config = serde_json::to_value(Config::default()).unwrap();
    let mut keys = Vec::new();
    collect_keys(&config, "", &mut keys);
    assert!(keys.len() > 25, "{keys:?}");
    for key in keys {
        assert!(page.contains(&format!("| `{key}` |")), "docs/configuration.md does not describe {key}");
    }
}

fn collect_keys(value: &serde_json::Value, prefix: &str, keys: &mut Vec<String>) {
    let serde_json::Value::Object(fields) = value else { return keys.push(prefix.to_owned()) };
    for (name, value) in fields {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        collect_keys(value, &key, keys);
    }
}
