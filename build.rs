//! Says where the web UI's files are, so that they are embedded. `make build` puts them in `ui/dist`; without them the
//! binary serves a page that says so. Nothing is built here: `cargo build` needs no Node.

use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let dist = root.join("ui/dist");
    // An empty directory can be watched for the first build of the UI; one that is not there can not.
    let folder = if std::fs::create_dir_all(&dist).is_ok() { dist } else { empty_folder() };
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=SPANLOOM_UI_DIST={}", folder.display());
}

/// Where the sources cannot be written to.
fn empty_folder() -> PathBuf {
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let folder = Path::new(&out).join("no-ui");
    std::fs::create_dir_all(&folder).expect("OUT_DIR can be written to");
    folder
}
