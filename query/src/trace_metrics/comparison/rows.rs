use super::Side;
use crate::trace_metrics::accumulator::Located;

/// The rows of a batch that are counted, by cell: those of one interval and side.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    rows: &'a [u32],
    /// Of each of the rows.
    cell_of: Vec<u32>,
    /// By cell.
    places: Vec<(u32, Side)>,
    by_cell: Vec<u32>,
}

impl<'a> Rows<'a> {
    pub fn new(located: &'a Located, sides: &[Side]) -> Self {
        let first = located.intervals.iter().min().copied().unwrap_or_default();
        let last = located.intervals.iter().max().copied().unwrap_or_default();
        // By interval and side: the cell, and one.
        let mut known = vec![0_u32; 2 * ((last - first) as usize + 1)];
        let (mut places, mut by_cell) = (Vec::new(), Vec::new());
        let cell_of = located.intervals.iter().zip(sides).map(|(interval, side)| {
            let known = &mut known[2 * (*interval - first) as usize + *side as usize];
            if *known == 0 {
                places.push((*interval, *side));
                by_cell.push(0);
                *known = places.len() as u32;
            }
            let cell = *known - 1;
            by_cell[cell as usize] += 1;
            cell
        });
        let cell_of = cell_of.collect();
        Self { rows: &located.rows, cell_of, places, by_cell }
    }

    /// How many cells have rows.
    pub fn cells(&self) -> usize {
        self.places.len()
    }

    /// How many rows each cell has.
    pub fn by_cell(&self) -> &[u32] {
        &self.by_cell
    }

    /// Interval and side of a cell.
    pub fn place(&self, cell: usize) -> (u32, Side) {
        self.places[cell]
    }

    /// Place in the batch, and cell.
    #[inline]
    pub fn each(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.rows.iter().zip(&self.cell_of).map(|(row, cell)| (*row as usize, *cell as usize))
    }
}
