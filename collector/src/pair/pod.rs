//! Pod names.

/// The controller of a pod: its name without what Kubernetes appends. A deployment's pod is `<name>-<hash of the template>-<5
/// characters>`, a daemon set's `<name>-<5 characters>`, a stateful set's `<name>-<number>`.
pub(super) fn workload(pod: &str) -> Option<&str> {
    let (name, suffix) = pod.rsplit_once('-')?;
    if !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit()) && suffix.len() < 5 {
        return Some(name);
    }
    if suffix.len() != 5 || !is_generated(suffix) {
        return None;
    }
    match name.rsplit_once('-') {
        Some((deployment, hash)) if (6..=10).contains(&hash.len()) && is_generated(hash) => Some(deployment),
        _ => Some(name),
    }
}

/// Kubernetes leaves out vowels and what looks like them, so that no words come about.
fn is_generated(text: &str) -> bool {
    text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_appends_is_cut_off() {
        let check = |pod, expected| assert_eq!(workload(pod), expected, "{pod}");
        check("productpage-v1-6f89b6c557-sg2bc", Some("productpage-v1"));
        check("node-agent-x7k2p", Some("node-agent"));
        check("kafka-0", Some("kafka"));
        check("my-pod", None);
        check("single", None);
        check("cart-checkout-sg2bc", Some("cart-checkout"));
    }
}
