//! The browser tests of `ui/`, run against the real binary: with spans that it took in, and with the simulated mesh.

use std::path::Path;

use tokio::process::Command;

use crate::clients;
use crate::harness::{Server, Site};
use crate::otlp;

#[tokio::test(flavor = "multi_thread")]
async fn the_ui_shows_what_was_sent_in_a_real_browser() {
    if clients::installed("the browser test").is_none() {
        return;
    }
    let site = Site::new("");
    let server = site.start().await;
    for id in 0..3 {
        let request = otlp::request("checkout", &format!("GET /cart/{id}"), id, 4);
        otlp::send_acknowledged(&server.http, &server.endpoints, &request).await;
    }
    browse(&server, &[]).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_mesh_and_what_goes_wrong_in_it_in_a_real_browser() {
    if clients::installed("the browser test of the demo").is_none() {
        return;
    }
    let site = Site::new("");
    let server = site.start_demo().await;
    browse(&server, &[("SPANLOOM_DEMO", "1")]).await;
    // A debug build would flush minutes of the mesh's spans for minutes; that stopping loses nothing others show.
    server.kill();
}

async fn browse(server: &Server, environment: &[(&str, &str)]) {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    assert!(ui.join("node_modules").is_dir(), "browser tests need `npm ci` in {} first", ui.display());
    let output = Command::new("npm")
        .args(["run", "e2e"])
        .current_dir(&ui)
        .env("SPANLOOM_URL", server.url(""))
        .env("SPANLOOM_OTLP_HTTP", format!("http://{}", server.endpoints.otlp_http))
        .envs(environment.iter().copied())
        .env("CI", "true")
        .kill_on_drop(true)
        .output();
    let output = output.await.expect("start npm");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
}
