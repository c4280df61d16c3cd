use super::*;
use crate::ledger::{NameKind, Origin, Side};
use crate::schema::identities::{IdentityKey, IdentityRow, IdentityValues};

fn text(text: &str) -> Option<Arc<str>> {
    (text != "-").then(|| text.into())
}

/// `kind name origin cluster namespace service`, `-` for none.
fn statement(line: &str) -> IdentityRow {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name_kind, name, origin, cluster, namespace, service] = words[..] else { panic!("six words: {line}") };
    let name_kind = if name_kind == "host" { NameKind::Host } else { NameKind::Service };
    let origin: Origin = origin.parse().unwrap();
    let key = IdentityKey {
        window_ns: 0,
        name: name.into(),
        name_kind,
        origin,
        cluster: text(cluster),
        namespace: text(namespace),
        service: text(service),
        workload: None,
    };
    IdentityRow { key, values: IdentityValues::at(0) }
}

fn directory(lines: &[&str]) -> Directory {
    let rows: Vec<IdentityRow> = lines.iter().map(|line| statement(line)).collect();
    let backwards: Vec<&IdentityRow> = rows.iter().rev().collect();
    let directory = Directory::new(&rows);
    assert_eq!(Directory::new(backwards).aliases(), directory.aliases(), "the order of statements means nothing");
    directory
}

/// `cluster namespace raw` to `cluster/namespace/service`.
fn check(directory: &Directory, side: [&str; 3], expected: &str) {
    let [cluster, namespace, raw] = side.map(text);
    assert_eq!(
        show(&directory.resolve(&Side { cluster, namespace, service: raw, ..Side::default() })),
        expected,
        "{side:?}"
    );
}

fn check_host(directory: &Directory, host: &str, expected: &str) {
    assert_eq!(show(&directory.resolve(&Side { host: Some(host.into()), ..Side::default() })), expected, "{host}");
}

fn show(node: &Node) -> String {
    let part = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("-").to_owned();
    match node {
        Node::Service(Identity { cluster, namespace, service }) => {
            format!("{}/{}/{}", part(cluster), part(namespace), part(service))
        }
        Node::Inferred { id, .. } => id.to_string(),
    }
}

#[test]
fn an_empty_directory_takes_names_as_they_are() {
    let empty = directory(&[]);
    check(&empty, ["-", "-", "web.shop"], "-/-/web.shop");
    check(&empty, ["eu", "shop", "web"], "eu/shop/web");
    check(&empty, ["-", "-", "-"], "-/-/-");
    check_host(&empty, "API.example.com", "external:api.example.com");
    check_host(&empty, "web.shop.svc.cluster.local", "-/shop/web");
}

#[test]
fn a_namespace_is_cut_off_only_where_it_is_known() {
    let known =
        directory(&["service web.shop istio_namespace - shop web.shop", "service api.v1 node_id - shop api.v1"]);
    check(&known, ["-", "-", "web.shop"], "-/shop/web");
    check(&known, ["-", "-", "api.v1"], "-/shop/api.v1");
    check(&known, ["-", "-", "cart.shop"], "-/-/cart.shop");
}

#[test]
fn a_caller_s_host_names_the_namespace_where_nothing_else_does() {
    let known = directory(&[
        "service web.shop upstream_cluster - shop web.shop",
        "service cart upstream_cluster - shop cart",
        "service cart k8s_namespace - checkout cart",
    ]);
    check(&known, ["-", "-", "web.shop"], "-/shop/web");
    check(&known, ["-", "-", "cart"], "-/checkout/cart");
}

#[test]
fn the_mesh_s_own_word_is_stronger_than_service_namespace() {
    let known = directory(&["service web service_namespace - team web", "service web node_id - shop web"]);
    check(&known, ["-", "team", "web"], "-/shop/web");
    let claimed = directory(&["service web service_namespace - team web"]);
    check(&claimed, ["-", "-", "web"], "-/team/web");
}

#[test]
fn one_name_in_two_namespaces_is_two_identities() {
    let known = directory(&["service web k8s_namespace - blog web", "service web k8s_namespace - shop web"]);
    check(&known, ["-", "blog", "web"], "-/blog/web");
    check(&known, ["-", "shop", "web"], "-/shop/web");
    check(&known, ["-", "-", "web"], "-/-/web");
}

#[test]
fn a_name_without_a_namespace_joins_the_only_one() {
    let only = directory(&["service web.shop istio_namespace - shop web.shop", "service web name - - web"]);
    check(&only, ["-", "-", "web"], "-/shop/web");
    let two = directory(&[
        "service web.shop istio_namespace - shop web.shop",
        "service web.blog istio_namespace - blog web.blog",
        "service web name - - web",
    ]);
    check(&two, ["-", "-", "web"], "-/-/web");
}

#[test]
fn a_name_joins_a_service_that_only_callers_speak_of() {
    let known = directory(&["host web.shop.svc upstream_cluster - shop web", "service web name - - web"]);
    check(&known, ["-", "-", "web"], "-/shop/web");
}

#[test]
fn a_cluster_is_joined_as_a_namespace_is() {
    let one = directory(&["service web k8s_namespace eu shop web", "service web.shop istio_namespace - shop web.shop"]);
    check(&one, ["-", "-", "web"], "eu/shop/web");
    check(&one, ["-", "-", "web.shop"], "eu/shop/web");
    let two = directory(&[
        "service web k8s_namespace eu shop web",
        "service web k8s_namespace us shop web",
        "service web.shop istio_namespace - shop web.shop",
    ]);
    check(&two, ["-", "-", "web.shop"], "-/shop/web");
    check(&two, ["us", "-", "web"], "us/shop/web");
    check(&two, ["ap", "shop", "web"], "ap/shop/web");
}

#[test]
fn an_app_below_an_inbound_proxy_is_that_proxy_s_identity() {
    let known = directory(&[
        "service frontend.shop istio_namespace - shop frontend.shop",
        "service store-app inbound_proxy - shop frontend.shop",
        "service store-app service_namespace - team store-app",
    ]);
    check(&known, ["-", "team", "store-app"], "-/shop/frontend");
}

#[test]
fn an_app_name_below_two_proxies_is_told_apart_by_its_namespace_or_not_at_all() {
    let lines = [
        "service a.one istio_namespace - one a.one",
        "service a.two istio_namespace - two a.two",
        "service app inbound_proxy - one a.one",
        "service app inbound_proxy - two a.two",
    ];
    check(&directory(&lines), ["-", "-", "app"], "-/-/app");
    let mut told: Vec<&str> = lines.to_vec();
    told.extend(["service app k8s_namespace - one app", "service app k8s_namespace - two app"]);
    check(&directory(&told), ["-", "two", "app"], "-/two/a");
}

#[test]
fn a_host_is_the_target_that_attempts_reached_by_it() {
    let one = directory(&[
        "host canary.shop.svc attempt - shop web",
        "host canary.shop.svc upstream_cluster - shop canary",
        "service web k8s_namespace - shop web",
    ]);
    check_host(&one, "canary.shop.svc", "-/shop/web");
    let two = directory(&[
        "host canary.shop.svc attempt - shop web",
        "host canary.shop.svc attempt - shop cart",
        "host canary.shop.svc upstream_cluster - shop canary",
    ]);
    check_host(&two, "canary.shop.svc", "-/shop/canary");
}

#[test]
fn a_host_that_is_a_known_name_is_that_identity() {
    let known = directory(&["service web k8s_namespace eu shop web", "service Ledger name - - Ledger"]);
    check_host(&known, "web", "eu/shop/web");
    check_host(&known, "web.shop", "eu/shop/web");
    check_host(&known, "web.shop.svc.cluster.local", "eu/shop/web");
    check_host(&known, "web.blog", "external:web.blog");
    check_host(&known, "Ledger", "-/-/Ledger");
    check_host(&known, "ledger", "external:ledger");
}

#[test]
fn an_inferred_side_is_itself_unless_its_host_is_known() {
    let known = directory(&["service orders-db k8s_namespace - shop orders-db"]);
    let database = |host: &str| Side {
        host: Some(host.into()),
        kind: Some(SideKind::Database),
        inferred: Some(format!("database:postgresql/{host}").into()),
        ..Side::default()
    };
    assert_eq!(show(&known.resolve(&database("orders-db"))), "-/shop/orders-db");
    assert_eq!(show(&known.resolve(&database("pg.example.com"))), "database:postgresql/pg.example.com");
}

#[test]
fn the_names_of_an_identity_come_with_the_most_seen_first() {
    let mut rows: Vec<IdentityRow> = [
        "service web name - - web",
        "service web.shop name - - web.shop",
        "service web.shop istio_namespace - shop web.shop",
    ]
    .map(statement)
    .into();
    rows[1].values.observed = 7;
    let aliases = Directory::new(&rows).aliases();
    let [(identity, names)] = <[_; 1]>::try_from(aliases.into_iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(show(&Node::Service(identity)), "-/shop/web");
    assert_eq!(names, [("web.shop".into(), 7), ("web".into(), 1)]);
}
