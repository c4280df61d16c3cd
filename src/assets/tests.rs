use std::collections::BTreeMap;

use http_body_util::BodyExt as _;

use super::*;

/// A UI as the build leaves it.
fn built(path: &str) -> Option<File> {
    let files = BTreeMap::from([
        ("index.html", "<html>"),
        ("index.html.br", "brotli of index"),
        ("assets/main-abc123.js", "console"),
        ("assets/main-abc123.js.br", "brotli of main"),
        ("assets/main-abc123.js.gz", "gzip of main"),
        ("favicon.svg", "<svg>"),
    ]);
    let text = *files.get(path)?;
    Some(File { bytes: Bytes::from_static(text.as_bytes()), sha256: [text.len() as u8; 32] })
}

fn ask(files: Files<'_>, path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
    answer(files, path, &headers)
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn the_smallest_form_that_the_client_takes_is_sent() {
    for (accepted, encoding, expected) in [
        ("gzip, deflate, br, zstd", Some("br"), "brotli of main"),
        ("gzip;q=1.0, br;q=0", Some("gzip"), "gzip of main"),
        ("identity", None, "console"),
    ] {
        let response = ask(&built, "/assets/main-abc123.js", &[(ACCEPT_ENCODING, accepted)]);
        assert_eq!(
            response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap()),
            encoding,
            "{accepted}"
        );
        assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(response.headers()[VARY], "accept-encoding");
        assert_eq!(text(response).await, expected);
    }
}

#[tokio::test]
async fn files_named_by_their_content_are_kept_for_ever_and_pages_are_not() {
    let asset = ask(&built, "/assets/main-abc123.js", &[]);
    assert!(asset.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(ask(&built, "/", &[]).headers()[CACHE_CONTROL], "no-cache");
}

#[tokio::test]
async fn a_page_of_the_ui_is_its_index() {
    for path in ["/", "/traces", "/traces/00ff?x=1", "/index.html"] {
        let response = ask(&built, path.split('?').next().unwrap(), &[]);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], HTML);
        assert_eq!(text(response).await, "<html>", "{path}");
    }
    for path in ["/assets/old-000000.js", "/robots.txt", "/assets/none"] {
        assert_eq!(ask(&built, path, &[]).status(), 404, "{path}");
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let etag = ask(&built, "/favicon.svg", &[]).headers()[ETAG].to_str().unwrap().to_owned();
    let again = ask(&built, "/favicon.svg", &[(IF_NONE_MATCH, &etag)]);
    assert_eq!(again.status(), 304);
    assert_eq!(text(again).await, "");
    assert_eq!(ask(&built, "/favicon.svg", &[(IF_NONE_MATCH, "\"other\"")]).status(), 200);
}

#[tokio::test]
async fn without_a_ui_the_page_says_how_to_build_it() {
    let response = ask(&|_| None, "/", &[]);
    assert_eq!(response.status(), 200);
    assert!(text(response).await.contains("make build"));
}
