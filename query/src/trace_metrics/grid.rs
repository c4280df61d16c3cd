//! Cells by series and interval. Only cells that count something take memory; where they are is told by a table of
//! numbers.

/// What a slot without a cell says.
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct Grid<C> {
    intervals: usize,
    /// Of each series one slot for each interval: the number of its cell, or [`NONE`].
    slots: Vec<u32>,
    cells: Vec<C>,
}

impl<C: Default> Grid<C> {
    pub fn new(intervals: usize) -> Self {
        Self { intervals, slots: Vec::new(), cells: Vec::new() }
    }

    /// Makes room for this many series.
    pub fn reserve(&mut self, series: usize) {
        let slots = series * self.intervals;
        if slots > self.slots.len() {
            self.slots.resize(slots, NONE);
        }
    }

    /// The cell of a series for which there is room.
    #[inline]
    pub fn cell(&mut self, series: u32, interval: u32) -> &mut C {
        let slot = &mut self.slots[series as usize * self.intervals + interval as usize];
        if *slot == NONE {
            *slot = self.cells.len() as u32;
            self.cells.push(C::default());
        }
        &mut self.cells[*slot as usize]
    }

    /// The cells of a series by interval, `None` where nothing was counted.
    pub fn of_series(&self, series: usize) -> impl Iterator<Item = Option<&C>> {
        let slots = &self.slots[series * self.intervals..(series + 1) * self.intervals];
        slots.iter().map(|slot| self.cells.get(*slot as usize))
    }

    pub fn size_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>() + self.cells.capacity() * size_of::<C>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::Count;
    use super::*;

    #[test]
    fn only_cells_that_count_take_memory() {
        let mut grid = Grid::<Count>::new(1000);
        grid.reserve(10);
        grid.cell(3, 999).0 += 1.0;
        assert!(grid.size_bytes() < 10 * 1000 * 4 + 1000, "{}", grid.size_bytes());
        assert_eq!(grid.of_series(9).flatten().count(), 0);
    }
}
