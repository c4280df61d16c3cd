//! What goes wrong, and when. Everything is told in time since the mesh's start and comes again every cycle; before the
//! start nothing is wrong, so that what is sent of the past is what a healthy mesh looks like.

use std::time::Duration;

use super::{Mesh, ServiceId};

/// Something that is wrong for a while in each cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    pub from: Duration,
    pub until: Duration,
    pub service: ServiceId,
    pub effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// Its own work takes so many times as long.
    Slow(f64),
    /// So many of the calls to it fail: half of them get no connection.
    Failing(f64),
}

/// A revision whose share grows from one part of the cycle to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    pub service: ServiceId,
    pub revision: String,
    /// Each for an equal part of the cycle.
    pub shares: Vec<f64>,
    /// How often it fails.
    pub fails: f64,
}

/// Time since a mesh's start; negative before it.
pub type Elapsed = i64;

impl Mesh {
    /// Where in its cycle a mesh is; `None` before its start.
    fn phase(&self, elapsed_ns: Elapsed) -> Option<Duration> {
        let elapsed_ns = u64::try_from(elapsed_ns).ok()?;
        let cycle_ns = self.cycle.as_nanos() as u64;
        Some(Duration::from_nanos(elapsed_ns % cycle_ns.max(1)))
    }

    fn effects(&self, service: ServiceId, elapsed_ns: Elapsed) -> impl Iterator<Item = Effect> {
        let phase = self.phase(elapsed_ns);
        let is_on = move |trouble: &&Trouble| {
            trouble.service == service && phase.is_some_and(|phase| (trouble.from..trouble.until).contains(&phase))
        };
        self.troubles.iter().filter(is_on).map(|trouble| trouble.effect)
    }

    /// How many times as long as usual a service takes.
    pub(crate) fn slowness(&self, service: ServiceId, elapsed_ns: Elapsed) -> f64 {
        let factors = self.effects(service, elapsed_ns).map(|effect| match effect {
            Effect::Slow(factor) => factor,
            Effect::Failing(_) => 1.0,
        });
        factors.product()
    }

    /// How many calls to a service fail beyond what is usual.
    pub(crate) fn failing(&self, service: ServiceId, elapsed_ns: Elapsed) -> f64 {
        let rates = self.effects(service, elapsed_ns).map(|effect| match effect {
            Effect::Failing(rate) => rate,
            Effect::Slow(_) => 0.0,
        });
        rates.fold(0.0, f64::max)
    }

    /// The canary of a service with its share of the requests.
    pub(crate) fn canary(&self, service: ServiceId, elapsed_ns: Elapsed) -> Option<(&Canary, f64)> {
        let canary = self.canaries.iter().find(|canary| canary.service == service)?;
        let Some(phase) = self.phase(elapsed_ns) else { return Some((canary, *canary.shares.first()?)) };
        let part = phase.as_nanos() * canary.shares.len() as u128 / self.cycle.as_nanos().max(1);
        Some((canary, *canary.shares.get(part as usize)?))
    }
}
