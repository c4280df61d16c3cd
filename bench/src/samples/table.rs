//! What was measured, for people.

use std::io::{Result, Write};

use super::asking::Asked;
use super::outcome::{Active, Comparison, Measured, Outcome, Target};

/// What a row is called and what it says of a server.
type Row = (&'static str, fn(&Measured) -> f64);

const MIB: f64 = (1 << 20) as f64;

/// Writes all of it.
///
/// # Errors
/// When the output is gone.
pub fn write(out: &mut impl Write, outcome: &Outcome) -> Result<()> {
    for comparison in &outcome.comparisons {
        comparison_lines(out, comparison)?;
    }
    active_lines(out, &outcome.active)?;
    target_lines(out, &outcome.active_targets)
}

fn comparison_lines(out: &mut impl Write, comparison: &Comparison) -> Result<()> {
    let Comparison { series, hours, measured, targets } = comparison;
    let samples = measured.first().map_or(0, |one| one.ingest.samples);
    writeln!(out, "\n{series} series, {hours} h, {samples} samples, one each 15 s")?;
    let names = measured.iter().map(|one| format!("{:?}", one.program));
    line(out, "", &names.collect::<Vec<_>>(), "")?;
    let rows: [Row; 13] = [
        ("new series, CPU µs per series", |one| one.first.cpu_us_per_sample),
        ("ingest, CPU s", |one| one.ingest.cpu_s),
        ("ingest, CPU µs per sample", |one| one.ingest.cpu_us_per_sample),
        ("ingest, samples per CPU s", |one| one.ingest.samples_per_cpu_s),
        ("ingest, samples per s", |one| one.ingest.samples as f64 / one.ingest.sending_s),
        ("resident, peak, MiB", |one| one.ingest.resident_bytes_peak as f64 / MIB),
        ("resident, after, MiB", |one| one.ingest.resident_bytes_after as f64 / MIB),
        ("resident, asking, MiB", |one| one.resident_bytes_asking as f64 / MIB),
        ("at rest, bytes per sample", |one| one.bytes_per_sample),
        ("at rest, MiB", |one| one.disk.at_rest_bytes as f64 / MIB),
        ("of that names, MiB", |one| one.disk.names_bytes as f64 / MIB),
        ("at rest, files", |one| one.disk.files as f64),
        ("directory, bytes per sample", |one| one.bytes_per_sample_in_directory),
    ];
    for (name, of) in rows {
        numbers(out, name, &measured.iter().map(of).collect::<Vec<_>>())?;
    }
    for at in 0..measured.first().map_or(0, |one| one.questions.len()) {
        question_lines(out, &measured.iter().filter_map(|one| one.questions.get(at)).collect::<Vec<_>>())?;
    }
    target_lines(out, targets)
}

fn question_lines(out: &mut impl Write, asked: &[&Asked]) -> Result<()> {
    let Some(first) = asked.first() else { return Ok(()) };
    let (name, size) = (first.name, first.answer);
    numbers(out, &format!("{name}, p50 ms"), &asked.iter().map(|one| one.p50_ms).collect::<Vec<_>>())?;
    let about = format!("  {} series, {} points: CPU ms", size.series, size.points);
    numbers(out, &about, &asked.iter().map(|one| one.cpu_ms).collect::<Vec<_>>())
}

/// Numbers of each server, and the first as a part of the second.
fn numbers(out: &mut impl Write, name: &str, values: &[f64]) -> Result<()> {
    let cells: Vec<String> = values.iter().map(|value| number(*value)).collect();
    let ratio = match values {
        [ours, theirs] if *theirs > 0.0 => format!("{:.2} times", ours / theirs),
        _ => String::new(),
    };
    line(out, name, &cells, &ratio)
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn line(out: &mut impl Write, name: &str, cells: &[String], last: &str) -> Result<()> {
    write!(out, "  {name:<44}")?;
    for cell in cells {
        write!(out, " {cell:>12}")?;
    }
    writeln!(out, "   {last}")
}

fn active_lines(out: &mut impl Write, active: &[Active]) -> Result<()> {
    for Active { program, series, stages } in active {
        writeln!(out, "\n{series} active series of {program:?}")?;
        for (at, stage) in stages.iter().enumerate() {
            let (peak, after) = (stage.resident_bytes_peak as f64 / MIB, stage.resident_bytes_after as f64 / MIB);
            let cost = stage.cpu_us_per_sample;
            writeln!(out, "  sample {}: peak {peak:.0} MiB, after {after:.0} MiB, {cost:.2} µs per sample", at + 1)?;
        }
    }
    Ok(())
}

fn target_lines(out: &mut impl Write, targets: &[Target]) -> Result<()> {
    for Target { name, measured, bound, is_met } in targets {
        let verdict = if *is_met { "met" } else { "MISSED" };
        writeln!(out, "  {verdict:<7} {name}: {}, at most {}", number(*measured), number(*bound))?;
    }
    Ok(())
}
