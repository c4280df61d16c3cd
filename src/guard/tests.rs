use axum::http::header::{AUTHORIZATION, HOST};
use axum::routing::get;
use tower::ServiceExt as _;

use super::*;

const TOKEN: &str = "open-sesame-0123456789";

fn token() -> Arc<Token> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), TOKEN).unwrap();
    Arc::new(Token::read(file.path()).unwrap())
}

fn guarded() -> Router {
    let open = Router::new().route("/open", get(async || "open"));
    let closed = Router::new().route("/closed", get(async || "closed").post(async || "closed"));
    let hosts = Hosts::Loopback { allowed: vec![] };
    with_security_headers(with_hosts(open.merge(with_token(closed, Some(&token()))), hosts))
}

async fn ask(request: axum::http::request::Builder) -> Response {
    guarded().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_token_guards_only_the_router_it_is_for() {
    assert_eq!(ask(Request::get("/open")).await.status(), 200);
    let refused = ask(Request::get("/closed")).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()[WWW_AUTHENTICATE], "Bearer");
    let wrong = Request::get("/closed").header(AUTHORIZATION, "Bearer open-sesame-0123456780");
    assert_eq!(ask(wrong).await.status(), 401);
    let right = Request::get("/closed").header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    assert_eq!(ask(right).await.status(), 200);
}

#[tokio::test]
async fn a_grpc_client_is_told_in_its_own_words() {
    let refused = ask(Request::post("/closed").header(CONTENT_TYPE, "application/grpc")).await;
    assert_eq!(refused.status(), 200);
    assert_eq!(refused.headers()[GRPC_STATUS], "16");
    assert!(refused.headers().contains_key(GRPC_MESSAGE));
    let stranger = Request::post("/closed").header(CONTENT_TYPE, "application/grpc").header(HOST, "evil.example");
    let refused = ask(stranger).await;
    assert_eq!(refused.status(), 421);
    assert_eq!(refused.headers()[GRPC_STATUS], "7");
}

#[tokio::test]
async fn a_stranger_is_sent_away_before_its_token_is_looked_at() {
    let stranger =
        Request::get("/closed").header(HOST, "evil.example").header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    assert_eq!(ask(stranger).await.status(), 421);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for path in ["/open", "/closed", "/nowhere"] {
        let answer = ask(Request::get(path)).await;
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(answer.headers()[&name], value, "{path}");
        }
    }
}
