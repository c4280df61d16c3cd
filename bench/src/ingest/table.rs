use std::io::{Result, Write};

use super::Outcome;
use super::load::Run;

const MIB: f64 = (1 << 20) as f64;

/// Writes all of it.
///
/// # Errors
/// When the output is gone.
pub fn write(out: &mut impl Write, outcome: &Outcome) -> Result<()> {
    writeln!(
        out,
        "{} spans of {} services a run, {} clients; resident while idle {:.0} MiB",
        outcome.spans,
        outcome.services,
        outcome.clients,
        outcome.resident_bytes_idle as f64 / MIB
    )?;
    for (batch, seconds) in &outcome.zstd_s {
        writeln!(out, "  zstd -1 takes {seconds:.2} CPU s for the bytes of a million spans in requests of {batch}")?;
    }
    writeln!(
        out,
        "\n  {:<24} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8} {:>6} {:>9} {:>7}",
        "way, spans a request",
        "CPU s/M",
        "x zstd",
        "spans/s",
        "B/span",
        "p50 ms",
        "p99 ms",
        "later",
        "peak MiB",
        "lost"
    )?;
    for (way, run) in &outcome.ways {
        let zstd_s = outcome.zstd_s.iter().find(|(batch, _)| *batch == way.batch).map(|(_, seconds)| *seconds);
        line(out, &way.name(), run, zstd_s)?;
        let threads: Vec<String> = run.threads_s.iter().map(|(name, used_s)| format!("{name} {used_s:.2}")).collect();
        writeln!(out, "    by thread: {}", threads.join(", "))?;
    }
    let others = [("half of that load", &outcome.at_half_load), ("ten times the clients", &outcome.overloaded)];
    for (name, run) in others {
        run.as_ref().map_or(Ok(()), |run| line(out, name, run, None))?;
    }
    let steps = outcome.ways.iter().find_map(|(_, run)| run.steps.as_ref());
    steps.map_or(Ok(()), |steps| writeln!(out, "\n  {steps}"))
}

fn line(out: &mut impl Write, name: &str, run: &Run, zstd_s: Option<f64>) -> Result<()> {
    let times = zstd_s.map_or_else(String::new, |zstd_s| format!("{:.1}", run.cpu_s_per_million_spans / zstd_s));
    writeln!(
        out,
        "  {name:<24} {:>8.2} {times:>8} {:>9.0} {:>8.0} {:>8.1} {:>8.1} {:>6} {:>9.0} {:>7}",
        run.cpu_s_per_million_spans,
        run.spans_s,
        run.wire_bytes as f64 / run.spans as f64,
        run.acknowledged_p50_ms,
        run.acknowledged_p99_ms,
        run.deferred,
        run.resident_bytes_peak as f64 / MIB,
        run.lost
    )
}
