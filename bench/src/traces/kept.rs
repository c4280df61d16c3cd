//! What was sent, and with what: enough to ask about it again.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::ingest::IngestCost;
use super::traffic::Traffic;
use super::{Arguments, NS_PER_S};

/// In the directory that is kept, beside the server's data.
const FILE: &str = "sent.json";

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sent {
    /// When the last span starts, about: by how many spans a second the mesh had at first.
    pub end_ns: u64,
    /// As was asked for; [`IngestCost::spans`] are those that were sent.
    pub spans_asked: u64,
    pub hours: f64,
    pub services: usize,
    pub batch: usize,
    pub clients: u64,
    pub flush_minutes: f64,
    pub ingest: IngestCost,
}

impl Sent {
    /// Before anything was sent.
    pub fn new(arguments: &Arguments, end_ns: u64) -> Self {
        let Arguments { spans, hours, services, batch, clients, flush_minutes, .. } = *arguments;
        Self {
            end_ns,
            spans_asked: spans,
            hours,
            services,
            batch,
            clients,
            flush_minutes,
            ingest: IngestCost::default(),
        }
    }

    /// The spans of one of the clients.
    pub fn traffic(&self, client: u64) -> Traffic {
        let start_ns = self.end_ns - (self.hours * 3600.0 * NS_PER_S) as u64;
        let share = self.spans_asked.div_ceil(self.clients);
        Traffic::new(client, self.services, (start_ns, self.end_ns), share, self.batch)
    }

    /// What lies in a directory; `None` if nothing does.
    ///
    /// # Errors
    /// When the file there is not ours.
    pub fn read(directory: &Path) -> Result<Option<Self>> {
        let file = directory.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let sent = serde_json::from_slice(&fs::read(&file)?).with_context(|| format!("reading {}", file.display()))?;
        Ok(Some(sent))
    }

    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let file = directory.join(FILE);
        fs::write(&file, serde_json::to_vec_pretty(self)?).with_context(|| format!("writing {}", file.display()))
    }
}
