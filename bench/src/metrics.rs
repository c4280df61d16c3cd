//! What the server says about itself at `/metrics`.

use anyhow::{Context as _, Result};

const CPU: &str = "spanloom_process_cpu_seconds_total";
const RESIDENT: &str = "spanloom_process_resident_memory_bytes";

/// The server's process at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub cpu_seconds: f64,
    pub resident_bytes: f64,
}

impl Sample {
    /// # Errors
    /// When the server does not answer, or its system does not tell it.
    pub async fn take(http: &reqwest::Client, api: &str) -> Result<Self> {
        let answer = http.get(format!("http://{api}/metrics")).send().await?.error_for_status()?;
        Self::read(&answer.text().await?)
    }

    fn read(text: &str) -> Result<Self> {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let line = line.with_context(|| format!("the server has no metric {name}"))?;
            line.parse().with_context(|| format!("{name} is {line:?}"))
        };
        Ok(Self { cpu_seconds: value(CPU)?, resident_bytes: value(RESIDENT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_from_prometheus_text() {
        let text = format!("# TYPE {CPU} counter\n{CPU} 12.5\n{RESIDENT} 1048576\n");
        assert_eq!(Sample::read(&text).unwrap(), Sample { cpu_seconds: 12.5, resident_bytes: 1_048_576.0 });
        assert!(Sample::read("").is_err());
    }
}
