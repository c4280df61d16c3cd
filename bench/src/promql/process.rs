//! What the operating system counts of a process.

use std::fs;

use anyhow::{Context as _, Result};

/// Clock ticks of `/proc/<pid>/stat` in a second, on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub cpu_s: f64,
    pub resident_bytes: u64,
    /// The most that was resident since [`Usage::of`] was last asked.
    pub peak_bytes: u64,
}

impl Usage {
    /// What it has used so far. Begins the next peak.
    pub fn of(pid: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading the memory")?;
        let usage =
            Self { cpu_s: cpu_s(pid)?, resident_bytes: bytes(&status, "VmRSS:"), peak_bytes: bytes(&status, "VmHWM:") };
        fs::write(format!("/proc/{pid}/clear_refs"), "5").context("beginning a new peak")?;
        Ok(usage)
    }
}

/// The CPU time that a process has used so far, its own and the system's for it.
pub fn cpu_s(pid: u32) -> Result<f64> {
    Ok(ticks_s(&fs::read_to_string(format!("/proc/{pid}/stat")).context("reading the CPU time")?))
}

/// CPU seconds out of the text of a process or thread.
pub fn ticks_s(stat: &str) -> f64 {
    // Behind the name, which may hold anything: state is the first field, utime and stime the twelfth and thirteenth.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

fn bytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}
