//! The metrics of a mesh that runs, for who feeds them and who scrapes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::board::Board;
use super::family::Page;
use super::text::Format;
use crate::mesh::Mesh;
use crate::request::{Place, Request};

/// What the proxies of one mesh count. Clones share it.
#[derive(Debug, Clone)]
pub struct ProxyMetrics(Arc<Mutex<Board>>);

impl ProxyMetrics {
    /// Of a mesh that starts at `start_ns`, in nanoseconds since the epoch: nothing has been counted.
    pub fn new(mesh: Mesh, start_ns: u64) -> Self {
        Self(Arc::new(Mutex::new(Board::new(mesh, start_ns))))
    }

    /// Counts requests that have ended. On return the pages are those of `now_ns`, which does not go back; `begun` are the
    /// requests that are still under way then.
    pub fn tell<'r>(&self, now_ns: u64, ended: &'r [Request], begun: impl Iterator<Item = &'r Request>) {
        self.board().tell(now_ns, ended, begun);
    }

    /// The page of a pod; `None` if it has no proxy.
    pub fn page(&self, place: Place, format: Format) -> Option<String> {
        self.board().page(place).map(|page| format.write(page))
    }

    /// All series that there are now.
    pub fn series_len(&self) -> usize {
        let mut board = self.board();
        let places: Vec<Place> = board.places().map(|(place, _)| place).collect();
        places.into_iter().filter_map(|place| board.page(place).map(Page::series_len)).sum()
    }

    /// Numbers stay numbers, whoever panicked while it held them.
    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
