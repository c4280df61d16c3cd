//! The words of service meshes: each dialect is spelled in its own file and nowhere else.

/// Consul's cluster names.
pub mod consul;
/// Envoy's response flags.
pub mod envoy;
/// Istio's cluster names and node ids.
pub mod istio;
