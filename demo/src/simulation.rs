//! Requests by time.

use std::time::Duration;

use crate::chance::Chance;
use crate::mesh::Mesh;
use crate::request::{Player, Request};

/// Time goes on in these steps. A tick holds the requests that *begin* in it; they may end much later.
pub const TICK: Duration = Duration::from_millis(250);
const TICK_NS: i64 = TICK.as_nanos() as i64;
/// Traffic goes up and down by a part, once in so long.
const WAVE: Duration = Duration::from_secs(150);
const WAVE_PART: f64 = 0.25;

/// A mesh that has been started. What happens in a tick depends on mesh, seed and tick alone; when it started decides
/// only which times and which ids the spans have, so that two runs never tell of one trace.
#[derive(Debug, Clone)]
pub struct Simulation {
    mesh: Mesh,
    seed: u64,
    start_ns: u64,
}

/// What a draw is for, so that no two uses see the same numbers.
#[derive(Debug, Clone, Copy)]
enum Use {
    Arrivals,
    Request,
    Ids,
}

impl Simulation {
    /// `start_ns` is when tick 0 begins, in nanoseconds since the epoch.
    pub fn new(mesh: Mesh, seed: u64, start_ns: u64) -> Self {
        Self { mesh, seed, start_ns }
    }

    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// When a tick begins.
    pub fn begin_ns(&self, tick: i64) -> u64 {
        self.start_ns.saturating_add_signed(tick.saturating_mul(TICK_NS))
    }

    /// The tick of a time; negative before the start.
    pub fn tick_at(&self, time_ns: u64) -> i64 {
        let elapsed_ns = i128::from(time_ns) - i128::from(self.start_ns);
        elapsed_ns.div_euclid(i128::from(TICK_NS)) as i64
    }

    /// The requests that begin in a tick, in no order.
    pub fn requests(&self, tick: i64) -> impl Iterator<Item = Request> {
        let mut chance = self.chance(Use::Arrivals, tick, 0);
        let expected = self.rate(tick) * TICK.as_secs_f64();
        let count = expected as u64 + u64::from(chance.happens(expected.fract()));
        (0..count).map(move |number| self.request(tick, number))
    }

    fn request(&self, tick: i64, number: u64) -> Request {
        let mut chance = self.chance(Use::Request, tick, number);
        let offset_ns = chance.below(TICK_NS as u64);
        let entry = self.entry(&mut chance);
        let elapsed_ns = tick * TICK_NS + offset_ns as i64;
        let mut ids = self.chance(Use::Ids, tick, number);
        let mut player = Player { mesh: &self.mesh, chance, elapsed_ns };
        player.request(entry, self.begin_ns(tick) + offset_ns, &mut ids)
    }

    fn chance(&self, purpose: Use, tick: i64, number: u64) -> Chance {
        let start = match purpose {
            Use::Arrivals | Use::Request => 0,
            Use::Ids => self.start_ns,
        };
        Chance::of(&[self.seed, purpose as u64, start, tick.cast_unsigned(), number])
    }

    fn rate(&self, tick: i64) -> f64 {
        let wave_ticks = (WAVE.as_nanos() / TICK.as_nanos()) as i64;
        let phase = tick.rem_euclid(wave_ticks) as f64 / wave_ticks as f64;
        // A triangle is gentle enough, and the same to the last bit everywhere.
        let triangle = 4.0 * (phase - 0.5).abs() - 1.0;
        self.mesh.rate * (1.0 + WAVE_PART * triangle)
    }

    fn entry(&self, chance: &mut Chance) -> usize {
        let entries = &self.mesh.entries;
        let total: f64 = entries.iter().map(|entry| entry.weight).sum();
        let mut left = chance.unit() * total;
        let chosen = entries.iter().find(|entry| {
            left -= entry.weight;
            left < 0.0
        });
        chosen.or(entries.last()).map_or(0, |entry| entry.operation)
    }
}

#[cfg(test)]
mod tests;
