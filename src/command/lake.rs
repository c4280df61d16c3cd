//! `spanloom verify` and `spanloom repair`: reports for people, with an exit code for scripts.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use spanloom_store::{BadFrame, DamagedFile, RepairReport, TableReport, VerifyReport};

use crate::arguments::Place;
use crate::command::print;
use crate::config::Config;
use crate::telemetry;

/// Exit code 1 where something that was acknowledged cannot be read.
///
/// # Errors
/// When the directory is in use or not there.
pub async fn verify(place: &Place) -> Result<ExitCode> {
    let config = Config::load(place)?;
    telemetry::start_quiet();
    let report = spanloom_store::verify(config.store()).await?;
    print(&verify_text(&report))?;
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Exit code 0 once the rest can be served, whatever was set aside.
///
/// # Errors
/// As [`verify`], and when a step fails.
pub async fn repair(place: &Place) -> Result<ExitCode> {
    let config = Config::load(place)?;
    telemetry::start_quiet();
    let report = spanloom_store::repair(config.store()).await?;
    print(&repair_text(&report))?;
    Ok(ExitCode::SUCCESS)
}

fn verify_text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for segment in &report.segments {
        let torn = if segment.torn_bytes == 0 {
            String::new()
        } else {
            format!(", {} torn bytes behind them that nobody was told of", segment.torn_bytes)
        };
        line(&mut text, &format!("log {}: {} frames{torn}", segment.path.display(), segment.frames));
    }
    if let Some(bad) = &report.bad_frame {
        line(&mut text, &bad_frame_text(bad));
    }
    for table in &report.tables {
        table_text(&mut text, table);
    }
    let verdict = if report.is_sound() {
        "sound: everything that was acknowledged can be read"
    } else {
        "damaged: `spanloom repair` sets the damaged parts aside, so that the rest can be served"
    };
    line(&mut text, verdict);
    text
}

fn table_text(text: &mut String, table: &TableReport) {
    let TableReport { tenant, version, files, rows, bytes, orphans, .. } = table;
    let orphans = if *orphans == 0 { String::new() } else { format!(", {orphans} files that no version names") };
    let name = table.table.name();
    line(
        text,
        &format!("table {tenant}/{name}: version {version}, {files} files, {rows} rows, {bytes} bytes{orphans}"),
    );
    for file in &table.damaged {
        line(text, &format!("  damaged: {}", damage_text(file)));
    }
}

fn damage_text(file: &DamagedFile) -> String {
    format!("{} {} ({} rows)", file.name, file.problem, file.rows)
}

fn bad_frame_text(bad: &BadFrame) -> String {
    let BadFrame { segment, offset, first_lost, last_lost } = bad;
    let frames = if first_lost == last_lost {
        format!("frame {first_lost}")
    } else {
        format!("frames {first_lost} to {last_lost}")
    };
    format!("log {}: damaged at byte {offset}, {frames} cannot be read", segment.display())
}

fn repair_text(report: &RepairReport) -> String {
    if report.is_empty() {
        return "sound: there was nothing to repair\n".to_owned();
    }
    let mut text = String::new();
    for bad in &report.lost_frames {
        line(&mut text, &format!("lost: {}", bad_frame_text(bad)));
    }
    for (file, kept) in &report.quarantined {
        line(&mut text, &format!("set aside: {}, now {}", damage_text(file), kept.display()));
    }
    line(&mut text, "repaired: the server starts and serves the rest");
    text
}

fn line(text: &mut String, line: &str) {
    // A String takes every text.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn bad_frame() -> BadFrame {
        BadFrame { segment: PathBuf::from("/d/wal/0/1.wal"), offset: 64, first_lost: 2, last_lost: 2 }
    }

    #[test]
    fn an_empty_directory_is_sound() {
        let report = VerifyReport { segments: vec![], bad_frame: None, tables: vec![] };
        assert_eq!(verify_text(&report), "sound: everything that was acknowledged can be read\n");
    }

    #[test]
    fn damage_is_named_and_what_to_do_about_it() {
        let report = VerifyReport { segments: vec![], bad_frame: Some(bad_frame()), tables: vec![] };
        let text = verify_text(&report);
        assert!(text.contains("1.wal: damaged at byte 64, frame 2 cannot be read"), "{text}");
        assert!(text.contains("spanloom repair"), "{text}");
    }

    #[test]
    fn a_repair_names_what_is_lost_and_where_the_rest_lies() {
        let file = DamagedFile { name: "/d/a.parquet".to_owned(), rows: 9, problem: "has 3 bytes".to_owned() };
        let kept = PathBuf::from("/d/quarantine/a.parquet");
        let report = RepairReport { lost_frames: vec![bad_frame()], quarantined: vec![(file, kept)] };
        let text = repair_text(&report);
        for part in ["frame 2", "/d/a.parquet has 3 bytes (9 rows)", "/d/quarantine/a.parquet"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
