//! What fails, or dies, while files are put together.

use std::time::Duration;

use spanloom_store::Table;

use super::{Faults, ids};
use crate::fixture::*;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_step_fails_every_row_is_there_once() {
    for point in ["compaction.before_files", "compaction.before_commit", "compaction.after_commit"] {
        let faults = Faults::none().await;
        let fixture = Fixture::with(|config| config.compaction.enabled = false).await;
        for span in 1..=9 {
            fixture.append(&[TestSpan::new(7, span)]).await;
            fixture.store().flush().await.unwrap();
        }
        fixture.clock.advance(Duration::from_hours(2));
        faults.arm(&format!("{point}=error@1"));
        assert!(fixture.store().compact().await.is_err(), "{point}");
        faults.arm("");
        assert_eq!(fixture.ids("default").await, ids(1..=9), "{point}: in the process that goes on");
        let crashed = fixture.crashed().await;
        assert_eq!(crashed.ids("default").await, ids(1..=9), "{point}: after a crash");
        for fixture in [&fixture, &crashed] {
            fixture.store().compact().await.unwrap();
            let view = fixture.store().view(&"default".parse().unwrap());
            assert_eq!(view.table(Table::Spans).files().count(), 1, "{point}");
            assert_eq!(fixture.ids("default").await, ids(1..=9), "{point}");
        }
    }
}
