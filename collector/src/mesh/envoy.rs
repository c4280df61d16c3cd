//! Envoy's words. Source: Envoy's documentation of `%RESPONSE_FLAGS%`.

/// The short codes of `response_flags`, each by itself; `-` is none.
pub fn flags(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|flag| !matches!(*flag, "" | "-"))
}

/// Whether the flags say that the proxy answered by itself and tried nobody: no healthy host (UH), overflow (UO), no route
/// (NR), no cluster (NC), rate limited (RL, RLSE), not authorised (UAEX), fault injected (FI), a malformed request (DPE, IH).
pub fn tried_nobody(text: Option<&str>) -> bool {
    const TRIED_NOBODY: [&str; 10] = ["UH", "UO", "NR", "NC", "RL", "RLSE", "UAEX", "FI", "DPE", "IH"];
    flags(text).any(|flag| TRIED_NOBODY.contains(&flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_joined_by_commas_and_a_dash_is_none() {
        assert_eq!(flags(Some("UF,URX")).collect::<Vec<_>>(), ["UF", "URX"]);
        assert_eq!(flags(Some("-")).count(), 0);
        assert_eq!(flags(None).count(), 0);
    }

    #[test]
    fn a_failed_connection_is_a_try_and_an_open_breaker_is_none() {
        assert!(tried_nobody(Some("UO")));
        assert!(tried_nobody(Some("UH,URX")));
        assert!(!tried_nobody(Some("UF,URX")));
        assert!(!tried_nobody(Some("-")));
    }
}
