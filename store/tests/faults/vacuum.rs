//! What fails, or dies, while old hours are dropped and files deleted.

use std::time::{Duration, SystemTime};

use spanloom_store::Table;
use spanloom_store::time::HOUR_NS;

use super::{Faults, ids};
use crate::fixture::*;

/// The files that its tables name.
fn live(fixture: &Fixture) -> usize {
    let view = fixture.store().view(&"default".parse().unwrap());
    Table::ALL.into_iter().map(|table| view.table(table).files().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_that_is_half_dropped_is_dropped_later_and_nothing_else() {
    for point in ["retention.before_commit", "retention.after_commit"] {
        let faults = Faults::none().await;
        let fixture = Fixture::new().await;
        fixture.append(&[TestSpan::new(7, 1).at(NOW_NS - 1000 * HOUR_NS)]).await;
        fixture.store().flush().await.unwrap();
        fixture.clock.advance(Duration::from_hours(14 * 24 + 1));
        fixture.append(&[TestSpan::new(7, 2)]).await;
        fixture.store().flush().await.unwrap();
        let before = live(&fixture);
        faults.arm(&format!("{point}=error"));
        assert!(fixture.store().retain().await.is_err(), "{point}");
        faults.arm("");
        let after = if point == "retention.before_commit" { before } else { before - 1 };
        assert_eq!(live(&fixture), after, "{point}");
        let crashed = fixture.crashed().await;
        for fixture in [&fixture, &crashed] {
            assert!(fixture.ids("default").await.contains(&(7, 2)), "{point}");
            fixture.store().retain().await.unwrap();
            assert_eq!(fixture.ids("default").await, ids(2..=2), "{point}");
            assert_eq!(live(fixture), before / 2, "{point}: files of each table, of one hour");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_not_deleted_are_deleted_later_and_no_others() {
    for point in ["vacuum.before_delete", "vacuum.after_delete"] {
        let faults = Faults::none().await;
        let fixture = Fixture::with(|config| config.compaction.enabled = false).await;
        for span in 1..=9 {
            fixture.append(&[TestSpan::new(7, span)]).await;
            fixture.store().flush().await.unwrap();
        }
        fixture.clock.advance(Duration::from_hours(2));
        fixture.store().compact().await.unwrap();
        fixture.clock.advance(Duration::from_hours(2));
        let files = fixture.parquet_files().len();
        assert!(files > live(&fixture), "{point}: {files}");
        faults.arm(&format!("{point}=error@1"));
        assert!(fixture.store().retain().await.is_err(), "{point}");
        faults.arm("");
        let after = if point == "vacuum.before_delete" { live(&fixture) + 1 } else { live(&fixture) };
        assert_eq!(fixture.parquet_files().len(), after, "{point}: the others were deleted");
        for mut fixture in [fixture.crashed().await, fixture] {
            assert_eq!(fixture.ids("default").await, ids(1..=9), "{point}");
            fixture.store().retain().await.unwrap();
            fixture.close().await;
            // What nobody names goes by the time of the file, which no clock of ours sets.
            for path in fixture.parquet_files() {
                let file = std::fs::File::options().append(true).open(path).unwrap();
                file.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
            }
            fixture.open().await.unwrap();
            let is_clean = async || fixture.parquet_files().len() == live(&fixture);
            eventually("what no table names is gone", is_clean).await;
            assert_eq!(fixture.ids("default").await, ids(1..=9), "{point}");
        }
    }
}
