//! An object store that speaks S3's protocol, keeps objects as files, checks signatures, and can be made to misbehave.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The name of the bucket.
pub const BUCKET: &str = "observability";
/// Who may come in, as variables of the environment.
pub const CREDENTIALS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "of-the-test")];

/// How the store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// It takes this long before it begins with a request.
    Slow(Duration),
    /// It answers 503 to everything.
    Failing,
    /// It answers 503 to who reads a file of rows.
    WithoutFiles,
    /// It takes requests and never answers.
    Hanging,
    /// It makes commits and says that it failed.
    Forgetful,
    /// It makes commits so long after they came, and never answers.
    Late(Duration),
}

/// A running store with one bucket; it ends when it is dropped.
pub struct Bucket {
    dir: TempDir,
    address: String,
    shared: Arc<Shared>,
    _connections: JoinSet<()>,
}

struct Shared {
    service: S3Service,
    mood: Mutex<Mood>,
    /// Requests that met a mood.
    met: AtomicU64,
    /// One commit at a time.
    commits: tokio::sync::Mutex<()>,
}

impl Bucket {
    /// Starts a store on a free port of loopback.
    ///
    /// # Panics
    /// When there is no directory for it, or no port.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().expect("make a temporary directory");
        std::fs::create_dir(dir.path().join(BUCKET)).expect("make a bucket");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(dir.path()).expect("open a store"));
        let [(_, access_key), (_, secret_key)] = CREDENTIALS;
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let shared = Arc::new(Shared {
            service: builder.build(),
            mood: Mutex::new(Mood::Well),
            met: AtomicU64::new(0),
            commits: tokio::sync::Mutex::new(()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, Arc::clone(&shared)));
        Self { dir, address, shared, _connections: connections }
    }

    /// Where the store is reached.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The directory that the bucket is.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().join(BUCKET)
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.shared.mood.lock() = mood;
        self.shared.met.store(0, Ordering::Relaxed);
    }

    /// Requests that have met the present mood.
    pub fn met(&self) -> u64 {
        self.shared.met.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(shared.answer(request).await) }
        });
        connections.spawn(async move {
            // A client that goes away is no concern of the store's.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl Shared {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let mood = *self.mood.lock();
        let is_commit = request.method() == Method::PUT && is_commit(request.uri().path());
        let is_read = request.method() != Method::PUT && request.uri().path().ends_with(".parquet");
        match mood {
            Mood::Well => self.serve(request).await,
            Mood::Slow(duration) => {
                self.met.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(duration).await;
                self.serve(request).await
            }
            Mood::Failing => {
                self.met.fetch_add(1, Ordering::Relaxed);
                failure(StatusCode::SERVICE_UNAVAILABLE)
            }
            Mood::WithoutFiles if is_read => {
                self.met.fetch_add(1, Ordering::Relaxed);
                failure(StatusCode::SERVICE_UNAVAILABLE)
            }
            Mood::WithoutFiles => self.serve(request).await,
            Mood::Hanging => {
                self.met.fetch_add(1, Ordering::Relaxed);
                std::future::pending().await
            }
            Mood::Late(duration) if is_commit => {
                self.met.fetch_add(1, Ordering::Relaxed);
                self.serve_late(request, duration).await
            }
            Mood::Late(_) => self.serve(request).await,
            Mood::Forgetful => {
                let answer = self.serve(request).await;
                if !is_commit || !answer.status().is_success() {
                    return answer;
                }
                self.met.fetch_add(1, Ordering::Relaxed);
                failure(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// Also if the client has gone by then.
    async fn serve_late(self: Arc<Self>, request: Request<Incoming>, duration: Duration) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return failure(StatusCode::BAD_REQUEST) };
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            let _ = self.call(Request::from_parts(head, Body::from(body.to_bytes()))).await;
        });
        std::future::pending().await
    }

    async fn serve(&self, request: Request<Incoming>) -> Response<Body> {
        self.call(request.map(Body::from)).await
    }

    async fn call(&self, request: Request<Body>) -> Response<Body> {
        let is_put = request.method() == Method::PUT && is_commit(request.uri().path());
        // Files as objects are looked for and then written: of two puts that must not find one, both could.
        let _turn = if is_put { Some(self.commits.lock().await) } else { None };
        let answer = self.service.call(request).await;
        answer.unwrap_or_else(|_| failure(StatusCode::BAD_REQUEST))
    }
}

fn is_commit(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "json") && path.contains("/_delta_log/")
}

fn failure(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
