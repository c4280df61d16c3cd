use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn serve(router: Router, connections_max: usize) -> Served {
    let listener = Listener::bind("api", SocketAddr::from(([127, 0, 0, 1], 0)), None, connections_max).await.unwrap();
    let address = listener.address();
    let stop = watch::Sender::new(false);
    let task = tokio::spawn(listener.serve(router, stop.subscribe()));
    Served { address, stop, task }
}

async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let Err(error) = Listener::bind("otlp_grpc", address, None, 1).await else { panic!("bound twice") };
    let message = format!("{error:#}");
    assert!(message.contains("listen.otlp_grpc") && message.contains(&address.to_string()), "{message}");
}

#[tokio::test]
async fn a_connection_beyond_the_bound_waits() {
    let served = serve(Router::new().route("/", get(async || "here")), 1).await;
    let mut first = TcpStream::connect(served.address).await.unwrap();
    first.write_all(b"GET /").await.unwrap(); // it holds the only place
    let mut second = TcpStream::connect(served.address).await.unwrap();
    let mut answer = Box::pin(ask(&mut second));
    assert!(timeout(Duration::from_millis(50), &mut answer).await.is_err(), "the second was served");
    drop(first);
    assert!(answer.await.ends_with("here"));
}

#[tokio::test]
async fn what_is_under_way_is_answered_before_the_end() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun_, go_) = (Arc::clone(&begun), Arc::clone(&go));
    let slow = async move || {
        begun_.notify_one();
        go_.notified().await;
        "late"
    };
    let served = serve(Router::new().route("/", get(slow)), 8).await;
    let mut client = TcpStream::connect(served.address).await.unwrap();
    let answer = tokio::spawn(async move { ask(&mut client).await });
    begun.notified().await;
    served.stop.send_replace(true);
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await; // the socket is closed before the drain begins
    }
    go.notify_one();
    assert!(answer.await.unwrap().ends_with("late"));
    served.task.await.unwrap();
}
