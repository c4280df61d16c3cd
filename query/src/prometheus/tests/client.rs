//! Programs of others, and servers for them. `SPANLOOM_PROMETHEUS` names a Prometheus, else that of the clients or
//! that in `PATH` is used; `promtool` lies beside it. `SPANLOOM_REQUIRE_CLIENTS=1` makes their absence a failure.

use std::path::PathBuf;

use axum::Router;
use tokio::net::TcpListener;

/// A program of Prometheus. Where there is none the caller has nothing to do: it was said, or the test has failed.
pub fn program(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SPANLOOM_PROMETHEUS").map(PathBuf::from);
    let clients = std::env::var_os("SPANLOOM_CLIENTS").map(PathBuf::from);
    let of_clients = clients.map(|clients| clients.join("prometheus/usr/bin/prometheus"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_system: Vec<PathBuf> = std::env::split_paths(&path).map(|directory| directory.join("prometheus")).collect();
    let places = named.into_iter().chain(of_clients).chain(of_system);
    let found = places.map(|place| place.with_file_name(name)).find(|place| place.is_file());
    if found.is_none() {
        let required = std::env::var_os("SPANLOOM_REQUIRE_CLIENTS").is_some_and(|value| value == "1");
        assert!(!required, "there is no {name}; tests/setup.sh installs one");
        println!("skipped: there is no {name}");
    }
    found
}

/// Serves on a free port of this machine until the runtime ends; the port.
pub async fn serve(router: Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    port
}
