use std::collections::BTreeSet;

use super::*;
use crate::simulation::Simulation;
use crate::spans::Trace;
use crate::truth::Truth;

#[test]
fn the_shop_is_a_mesh_of_about_twenty_services_in_four_namespaces() {
    let shop = Mesh::shop();
    let in_mesh: Vec<&Service> =
        shop.services.iter().filter(|s| matches!(s.role, Role::Gateway | Role::Workload)).collect();
    assert!((17..=22).contains(&in_mesh.len()), "{}", in_mesh.len());
    assert_eq!(in_mesh.iter().map(|service| &service.namespace).collect::<BTreeSet<_>>().len(), 4);
    let tells: BTreeSet<(bool, bool)> =
        in_mesh.iter().map(|service| (service.tells.app, service.tells.proxy)).collect();
    assert_eq!(tells.len(), 3, "with app and sidecar, with either");
}

#[test]
fn a_generated_mesh_has_as_many_services_as_asked_for_and_is_the_same_again() {
    for services in [10, 1_000] {
        let mesh = Mesh::generated(3, services);
        let count = |mesh: &Mesh| mesh.services.iter().filter(|service| !service.namespace.is_empty()).count();
        assert_eq!(count(&mesh), services);
        let text = |mesh: &Mesh| format!("{:?}", mesh.services);
        assert_eq!(text(&mesh), text(&Mesh::generated(3, services)));
        assert_ne!(text(&mesh), text(&Mesh::generated(4, services)));
    }
}

/// However large the mesh is.
#[test]
fn traces_of_a_generated_mesh_are_as_long_as_those_of_a_small_one() {
    for services in [100, 1_000, 5_000] {
        let simulation = Simulation::new(Mesh::generated(1, services), 1, 1_800_000_000_000_000_000);
        let requests = (0..40).flat_map(|tick| simulation.requests(tick));
        let lens: Vec<usize> = requests.map(|request| Trace::of(simulation.mesh(), &request).len()).collect();
        let mean = lens.iter().sum::<usize>() / lens.len();
        assert!((15..80).contains(&mean), "{services} services: {mean}");
        assert!(lens.iter().all(|len| *len < 500), "{services} services: {:?}", lens.iter().max());
    }
}

#[test]
fn most_of_a_generated_mesh_is_seen_in_a_while() {
    let simulation = Simulation::new(Mesh::generated(1, 1_000), 1, 1_800_000_000_000_000_000);
    let mut truth = Truth::default();
    let requests = (0..400).flat_map(|tick| simulation.requests(tick));
    requests.for_each(|request| truth.add(simulation.mesh(), &request));
    let seen: BTreeSet<&String> =
        truth.edges.keys().map(|(_, target)| target).filter(|id| id.contains(".team")).collect();
    assert!(seen.len() > 600, "{}", seen.len());
}
