//! What was measured, for people.

use std::io::{Result, Write};

use super::Outcome;
use super::asking::Asked;
use super::kept::Sent;

const MIB: f64 = (1 << 20) as f64;

/// Writes all of it.
///
/// # Errors
/// When the output is gone.
pub fn write(out: &mut impl Write, outcome: &Outcome) -> Result<()> {
    let Outcome { sent: Sent { hours, services, ingest, .. }, disk, spans_of_last_hour, questions } = outcome;
    let spans = &ingest.spans;
    writeln!(out, "{spans} spans of {services} services in about {hours} h, {spans_of_last_hour} of them in the last")?;
    let wire = ingest.wire_bytes as f64 / *spans as f64;
    writeln!(
        out,
        "  sent in {:.0} s, at rest {:.0} s later, {wire:.0} bytes per span",
        ingest.sending_s, ingest.settling_s
    )?;
    writeln!(out, "  {:.2} CPU s per million spans", ingest.cpu_s_per_million_spans)?;
    let (peak, after) = (ingest.resident_bytes_peak as f64 / MIB, ingest.resident_bytes_after as f64 / MIB);
    writeln!(out, "  resident: peak {peak:.0} MiB, after {after:.0} MiB")?;
    for used in disk {
        let per_span = used.bytes as f64 / *spans as f64;
        writeln!(
            out,
            "  {:<16} {:>5} files {:>9.1} MiB {per_span:>6.1} bytes per span",
            used.table,
            used.files,
            used.bytes as f64 / MIB
        )?;
    }
    writeln!(
        out,
        "\n  {:<36} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "question", "CPU ms", "p50 ms", "begins ms", "1st CPU", "1st ms", "peak MiB", "KiB"
    )?;
    questions.iter().try_for_each(|asked| question(out, asked))
}

fn question(out: &mut impl Write, asked: &Asked) -> Result<()> {
    let Asked { name, cpu_ms, p50_ms, begins_p50_ms, first_cpu_ms, first_ms, .. } = asked;
    let (peak, kib) = (asked.resident_bytes_peak as f64 / MIB, asked.answer_bytes as f64 / 1024.0);
    write!(
        out,
        "  {name:<36} {cpu_ms:>9.1} {p50_ms:>9.1} {begins_p50_ms:>9.1} {first_cpu_ms:>9.1} {first_ms:>9.1} {peak:>9.0} {kib:>9.1}"
    )?;
    match (asked.bar_ms, asked.is_met) {
        (Some(bar_ms), Some(true)) => writeln!(out, "  met, at most {bar_ms}"),
        (Some(bar_ms), _) => writeln!(out, "  MISSED, at most {bar_ms}"),
        (None, _) => writeln!(out),
    }
}
