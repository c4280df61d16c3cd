//! The pods of a mesh, and who calls whom.

/// Pods of a workload.
const REPLICAS: usize = 2;
/// Workloads of a namespace.
const NEIGHBOURS: usize = 10;
/// How many workloads a workload calls, and by how many it is called.
const CALLS: usize = 3;
const NAMES: [&str; 12] = [
    "cart",
    "checkout",
    "payment",
    "catalogue",
    "search",
    "users",
    "mail",
    "stock",
    "shipping",
    "reviews",
    "ratings",
    "gateway",
];

/// A workload by its number in a mesh of `workloads`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload(pub usize);

impl Workload {
    pub fn name(self) -> String {
        format!("{}-{}", NAMES[self.0 % NAMES.len()], self.0)
    }

    pub fn namespace(self) -> String {
        format!("shop-{}", self.0 / NEIGHBOURS)
    }

    /// Its service's whole name.
    pub fn host(self) -> String {
        format!("{}.{}.svc.cluster.local", self.name(), self.namespace())
    }

    pub fn principal(self) -> String {
        format!("spiffe://cluster.local/ns/{}/sa/{}", self.namespace(), self.name())
    }

    /// Whom it calls in a mesh of so many workloads, four at least; others than itself, each once.
    pub fn calls(self, workloads: usize) -> impl Iterator<Item = Self> {
        (0..CALLS).map(move |call| Self((self.0 + step(call, workloads)) % workloads))
    }

    /// Who calls it: the inverse of [`Workload::calls`].
    pub fn called_by(self, workloads: usize) -> impl Iterator<Item = Self> {
        (0..CALLS).map(move |call| Self((self.0 + workloads - step(call, workloads)) % workloads))
    }
}

/// How far away the workload is that the call goes to.
fn step(call: usize, workloads: usize) -> usize {
    1 + call * (workloads / CALLS)
}

/// A pod of a workload.
#[derive(Debug, Clone, Copy)]
pub struct Pod {
    pub workload: Workload,
    /// In the whole mesh.
    pub number: usize,
}

impl Pod {
    pub fn of(number: usize) -> Self {
        Self { workload: Workload(number / REPLICAS), number }
    }

    /// The labels that a scrape adds.
    pub fn target(self) -> [(&'static str, String); 6] {
        let Self { workload, number } = self;
        let address = format!("10.{}.{}.{}:15020", number >> 16 & 255, number >> 8 & 255, number & 255);
        [
            ("app", workload.name()),
            ("instance", address),
            ("job", "istio-sidecars".to_owned()),
            ("namespace", workload.namespace()),
            ("pod", format!("{}-{:08x}", workload.name(), number.wrapping_mul(0x9e37_79b1) as u32)),
            ("version", "v1".to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_is_who_is_called_by() {
        for workloads in [4, 5, 6, 7, 20, 150] {
            for caller in (0..workloads).map(Workload) {
                let calls: Vec<Workload> = caller.calls(workloads).collect();
                assert!(calls[0] != calls[1] && calls[1] != calls[2] && calls[2] != calls[0], "{calls:?}");
                for called in calls {
                    assert!(called.0 < workloads && called != caller, "{workloads}");
                    assert!(called.called_by(workloads).any(|by| by == caller), "{caller:?} of {workloads}");
                }
            }
        }
    }
}
