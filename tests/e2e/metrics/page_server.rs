//! A server of pages of metrics, on a free port of loopback.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What is shown: a media type and a text.
pub struct Shown {
    pub media: &'static str,
    pub text: String,
}

/// Makes the answer to a path; `None` where there is no such page.
type Show = dyn Fn(&str) -> Option<Shown> + Send + Sync;

/// Ends when it is dropped.
pub struct PageServer {
    address: String,
    task: JoinHandle<()>,
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PageServer {
    /// When this returns, pages can be asked for.
    pub async fn start(show: impl Fn(&str) -> Option<Shown> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        let router = Router::new().fallback(answer).with_state(Arc::<Show>::from(Box::new(show) as Box<Show>));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("pages are served") });
        Self { address, task }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

async fn answer(State(show): State<Arc<Show>>, uri: Uri) -> Response {
    match show(uri.path()) {
        Some(shown) => ([(header::CONTENT_TYPE, shown.media)], shown.text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
