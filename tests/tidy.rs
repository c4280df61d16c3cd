//! What must not drift: the direction of the arrows between crates, and what the pages say of files and of one another.

use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// README and everything in `docs/`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![Path::new(ROOT).join("README.md"), Path::new(ROOT).join("tests/data/README.md")];
    for dir in ["docs", "docs/decisions"] {
        let entries = std::fs::read_dir(Path::new(ROOT).join(dir)).expect("docs is a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        pages.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages
}

/// The packages of this workspace that a crate names in its manifest, tests included.
fn own_dependencies(krate: &str) -> Vec<String> {
    own_names(&read(&Path::new(ROOT).join(krate).join("Cargo.toml")))
}

fn own_names(manifest: &str) -> Vec<String> {
    let names = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| name.starts_with("spanloom-")).map(str::to_owned).collect()
}

#[test]
fn arrows_go_one_way() {
    // Its tests have an object store beside them.
    assert_eq!(own_dependencies("store"), ["spanloom-bucket"]);
    assert!(own_dependencies("bucket").is_empty());
    assert_eq!(own_dependencies("collector"), ["spanloom-store"]);
    assert_eq!(own_dependencies("query"), ["spanloom-store"]);
    // It measures what they do, and nobody depends on it.
    assert_eq!(own_dependencies("bench"), ["spanloom-demo", "spanloom-query"]);
}

/// Its tests may ask others whether they see what it simulates.
#[test]
fn the_simulated_mesh_knows_nobody() {
    let manifest = read(&Path::new(ROOT).join("demo/Cargo.toml"));
    let (shipped, for_tests) = manifest.split_once("[dev-dependencies]").expect("there are dependencies of tests");
    assert!(own_names(shipped).iter().all(|name| name == "spanloom-demo"), "{:?}", own_names(shipped));
    assert!(!own_names(for_tests).is_empty());
}

#[test]
fn the_store_knows_no_protocol_and_no_query_language() {
    let manifest = read(&Path::new(ROOT).join("store/Cargo.toml"));
    for stranger in ["opentelemetry", "prost", "hyper", "axum", "datafusion"] {
        assert!(!manifest.lines().any(|line| line.starts_with(stranger)), "{stranger}");
    }
}

/// Targets of links, without those of pictures.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for (at, _) in text.match_indices("](") {
        let label = text[..at].rfind('[').unwrap_or(at);
        let is_picture = text[..label].ends_with('!');
        let target = text[at + 2..].split(')').next().unwrap_or_default();
        if !is_picture && !target.contains("://") {
            links.push(target);
        }
    }
    links
}

/// Headings as the names under which a page can be entered.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut checked = 0;
    for page in pages() {
        let text = read(&page);
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.with_file_name("").join(path) };
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            let found = anchor.is_empty() || anchors(&read(&target)).iter().any(|known| known == anchor);
            assert!(found, "{}: there is no heading {link}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} links were found");
}

/// Directories of this tree; a name in backticks that begins with one of them is a path.
const TOP: [&str; 9] = ["store/", "collector/", "query/", "demo/", "src/", "tests/", "docs/", "bench/", "scripts/"];

#[test]
fn files_that_pages_name_are_there() {
    let mut checked = 0;
    for page in pages() {
        let text = read(&page);
        for name in text.split('`').skip(1).step_by(2) {
            let is_path = TOP.iter().any(|top| name.starts_with(top)) && !name.contains(['<', '*', ' ', '{']);
            if is_path {
                let is_there = Path::new(ROOT).join(name).exists();
                assert!(is_there, "{}: there is no {name}", page.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "only {checked} paths were found");
}

/// Tests that the page of checks names by their functions exist under these names.
#[test]
fn tests_that_the_page_of_checks_names_are_there() {
    let text = read(&Path::new(ROOT).join("docs/checks.md"));
    let mut checked = 0;
    for name in text.split('`').skip(1).step_by(2).filter_map(|name| name.strip_prefix("refusals::")) {
        let (file, function) = name.rsplit_once("::").map_or(("", name), |(module, function)| (module, function));
        let path =
            if file.is_empty() { "tests/e2e/refusals.rs".to_owned() } else { format!("tests/e2e/refusals/{file}.rs") };
        let module = Path::new(ROOT).join(format!("tests/e2e/refusals/{function}.rs"));
        let is_there = module.exists() || read(&Path::new(ROOT).join(path)).contains(&format!("fn {function}("));
        assert!(is_there, "there is no test refusals::{name}");
        checked += 1;
    }
    assert!(checked > 10, "only {checked} tests were found");
}
