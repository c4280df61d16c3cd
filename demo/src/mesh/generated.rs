//! Meshes of any size: layers of services, each of which calls a few of the layers behind it.
//!
//! Which service calls which is drawn once, from the seed. A request passes one way through the layers and makes about one
//! call per service on average, so that traces are as long as those of a small mesh, however many services there are.

use std::time::Duration;

use super::builder::{Builder, Call, Target, call, ms};
use super::{Effect, Mesh, Tells, Trouble};
use crate::chance::Chance;

/// From the gateway's to the last.
const LAYERS: usize = 6;
const SERVICES_PER_NAMESPACE: usize = 25;
/// One service in so many of the last two layers asks a database.
const DATABASE_EVERY: u64 = 2;
/// How many others a service may call.
const CALLS_MAX: u64 = 4;
/// How many calls of all that a service may make it makes on average.
const CALLS_MADE: f64 = 1.15;
const RATE: f64 = 100.0;
const CYCLE: Duration = Duration::from_mins(6);
const SLOW_FROM: Duration = Duration::from_mins(1);
const SLOW_UNTIL: Duration = Duration::from_mins(2);
const SLOW_FACTOR: f64 = 20.0;

pub fn generated(seed: u64, services: usize) -> Mesh {
    let mut chance = Chance::of(&[seed, services as u64]);
    let mut mesh = Builder::new("mesh.example", RATE, CYCLE);
    // The gateway is one of them.
    let workloads = services.saturating_sub(1).max(1);
    let layer_len = workloads.div_ceil(LAYERS);
    let mut added: Vec<Target> = Vec::with_capacity(workloads);
    for number in 0..workloads {
        let behind = number / layer_len * layer_len;
        let steps = steps(&mut mesh, &mut chance, &added[..behind], number);
        added.push(workload(&mut mesh, &mut chance, number, steps));
    }
    mesh.trouble(Trouble {
        from: SLOW_FROM,
        until: SLOW_UNTIL,
        service: added[0].service,
        effect: Effect::Slow(SLOW_FACTOR),
    });
    let first = workloads.saturating_sub(layer_len);
    let entries = added[first..].iter().map(|target| (1.0, call(*target)));
    mesh.behind("edge", "ingress", entries.collect())
}

fn workload(mesh: &mut Builder, chance: &mut Chance, number: usize, steps: Vec<Vec<Call>>) -> Target {
    let tells = match chance.below(10) {
        0 => Tells::APP,
        1..=3 => Tells::PROXY,
        _ => Tells::BOTH,
    };
    // A database is known from the app that asks it.
    let asks_database = steps.iter().flatten().any(|call| mesh.is_database(call.target.service));
    let tells = if asks_database { Tells::BOTH } else { tells };
    let namespace = format!("team-{}", number / SERVICES_PER_NAMESPACE);
    let service = mesh.workload(&namespace, &format!("service-{number}"), tells);
    mesh.pods(service, 1 + chance.below(3));
    let takes = ms(1.0 + chance.unit() * 10.0);
    let target = match chance.below(4) {
        0 => mesh.grpc(service, &format!("mesh.Service{number}/Get"), takes, steps),
        _ => mesh.http(service, "GET /items/{id}", takes, steps),
    };
    mesh.errs(target, 0.002, 0.005);
    target
}

/// Whom a service calls of those behind it, one after the other.
fn steps(mesh: &mut Builder, chance: &mut Chance, behind: &[Target], number: usize) -> Vec<Vec<Call>> {
    if behind.is_empty() {
        if chance.below(DATABASE_EVERY) > 0 {
            return Vec::new();
        }
        let database = mesh.database("postgresql", &format!("db-{number}.data"), "items");
        return vec![vec![call(mesh.query(database, "SELECT", "items", ms(3.0)))]];
    }
    let calls = 1 + chance.below(CALLS_MAX);
    let probability = (CALLS_MADE / calls as f64).min(1.0);
    let mut called: Vec<Target> = (0..calls).map(|_| behind[chance.below(behind.len() as u64) as usize]).collect();
    called.sort_unstable_by_key(|target| target.service);
    called.dedup();
    called.into_iter().map(|target| vec![call(target).sometimes(probability).optional()]).collect()
}
