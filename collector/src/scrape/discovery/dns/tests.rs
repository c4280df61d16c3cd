//! Against a server of names that really answers, over UDP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tokio::net::UdpSocket;

use super::*;

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const MX: u16 = 15;
const AAAA: u16 = 28;
const SRV: u16 = 33;

/// A name as a message has it.
fn labels(name: &str) -> Vec<u8> {
    let parts = name.split('.').filter(|part| !part.is_empty());
    let mut bytes: Vec<u8> = parts.flat_map(|part| [&[part.len() as u8], part.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

/// The type and data of the records of a name; `None` when it does not exist.
fn records(name: &[u8], kind: u16) -> Option<Vec<(u16, Vec<u8>)>> {
    let srv = |port: u16, host: &str| (SRV, [&[0, 1, 0, 2][..], &port.to_be_bytes(), &labels(host)].concat());
    let all = [
        ("_metrics._tcp.example.", SRV, vec![srv(9100, "a.example"), srv(9200, "b.example")]),
        ("hosts.example.", A, vec![(A, vec![10, 0, 0, 1]), (A, vec![10, 0, 0, 2])]),
        ("alias.example.", A, vec![(CNAME, labels("hosts.example")), (A, vec![10, 0, 0, 3])]),
        ("hosts.example.", AAAA, vec![(AAAA, vec![0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])]),
        ("hosts.example.", MX, vec![(MX, [&[0, 10][..], &labels("mail.example")].concat())]),
        ("hosts.example.", NS, vec![(NS, labels("ns.example"))]),
    ];
    all.into_iter().find(|(of, of_kind, _)| labels(of) == name && *of_kind == kind).map(|(_, _, found)| found)
}

/// The answer to a query: header, question, answers. Names that begin with `broken` are a failure of the server.
fn answer(query: &[u8]) -> Vec<u8> {
    let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let name = query[12..end].to_ascii_lowercase();
    let kind = u16::from_be_bytes([query[end], query[end + 1]]);
    let is_broken = name[1..].starts_with(b"broken");
    let found = records(&name, kind);
    let code = if is_broken {
        2
    } else if found.is_none() {
        3
    } else {
        0
    };
    let found = found.unwrap_or_default();
    let mut message = query[..2].to_vec();
    message.extend([0x81, 0x80 | code, 0, 1, 0, found.len() as u8, 0, 0, 0, 0]);
    message.extend(&query[12..end + 4]);
    for (kind, data) in found {
        message.extend([0xc0, 12]);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60]);
        message.extend((data.len() as u16).to_be_bytes());
        message.extend(data);
    }
    message
}

async fn server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            socket.send_to(&answer(&query[..length]), from).await.unwrap();
        }
    });
    address
}

async fn resolver() -> TokioResolver {
    let mut udp = ConnectionConfig::udp();
    udp.port = server().await.port();
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![udp]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    uncached(builder.options_mut());
    builder.options_mut().attempts = 0;
    builder.build().unwrap()
}

fn config(record: DnsType, names: &[&str]) -> DnsSdConfig {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let port = (record != DnsType::Srv).then_some(80);
    DnsSdConfig { names, record, port, refresh_interval: None }
}

async fn check(record: DnsType, name: &str, expected: &[&str]) {
    let (groups, found) = Groups::new();
    refresh(&config(record, &[name]), &resolver().await, &groups).await;
    let found = found.borrow();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let group = &found.groups[name];
    assert_eq!(group.labels.get(NAME), name);
    let shown = |target: &LabelSet| {
        let mut target = target.clone();
        target.sort();
        target.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(group.targets.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn services_name_host_and_port() {
    check(
        DnsType::Srv,
        "_metrics._tcp.example.",
        &[
            "__address__=a.example:9100 __meta_dns_srv_record_port=9100 __meta_dns_srv_record_target=a.example.",
            "__address__=b.example:9200 __meta_dns_srv_record_port=9200 __meta_dns_srv_record_target=b.example.",
        ],
    )
    .await;
}

#[tokio::test]
async fn addresses_take_the_port_that_is_set() {
    check(DnsType::A, "hosts.example.", &["__address__=10.0.0.1:80", "__address__=10.0.0.2:80"]).await;
    check(DnsType::A, "alias.example.", &["__address__=10.0.0.3:80"]).await;
    check(DnsType::Aaaa, "hosts.example.", &["__address__=[fd00::1]:80"]).await;
}

#[tokio::test]
async fn mail_and_name_servers_are_named() {
    check(DnsType::Mx, "hosts.example.", &["__address__=mail.example:80 __meta_dns_mx_record_target=mail.example."])
        .await;
    check(DnsType::Ns, "hosts.example.", &["__address__=ns.example:80 __meta_dns_ns_record_target=ns.example."]).await;
}

#[tokio::test]
async fn a_name_that_does_not_exist_has_no_targets() {
    check(DnsType::A, "nobody.example.", &[]).await;
}

#[tokio::test]
async fn a_name_that_fails_keeps_its_targets() {
    let (groups, found) = Groups::new();
    let before = Group { source: "broken.example.".to_owned(), targets: vec![LabelSet::default()], ..Group::default() };
    groups.set("broken.example.", Some(before.clone()));
    refresh(&config(DnsType::A, &["broken.example.", "hosts.example."]), &resolver().await, &groups).await;
    let found = found.borrow();
    assert_eq!(*found.groups["broken.example."], before);
    assert_eq!(found.groups["hosts.example."].targets.len(), 2);
    assert!(found.problems["broken.example."].starts_with("failed to look up A of broken.example.: "));
}
