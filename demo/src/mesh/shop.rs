//! An online shop, as one finds it: a web front that asks many, a checkout on which money depends, and things that go wrong.
//!
//! Every way of telling is in it: services with app and sidecar spans, three that only their sidecars tell of, and four
//! of which only the apps make spans, because the proxies beside them are Linkerd's.

use std::time::Duration;

use super::builder::{Builder, Target, call, ms};
use super::{Canary, Effect, Mesh, ServiceId, Takes, Tells, Trouble};

/// Requests per second from outside.
const RATE: f64 = 25.0;
const CYCLE: Duration = Duration::from_mins(6);

/// The database behind the inventory.
const SLOW_FROM: Duration = Duration::from_secs(60);
const SLOW_FOR: Duration = Duration::from_secs(70);
const SLOW_FACTOR: f64 = 20.0;
/// The payment provider.
const BURST_FROM: Duration = Duration::from_secs(200);
const BURST_FOR: Duration = Duration::from_secs(45);
const BURST_RATE: f64 = 0.6;
/// The second version of the ratings.
const CANARY_SHARES: [f64; 5] = [0.05, 0.1, 0.2, 0.35, 0.5];
const CANARY_FAILS: f64 = 0.05;

/// How long others wait for the inventory: long enough for a healthy one, too short for one whose database is slow.
const STOCK_TIMEOUT: Duration = Duration::from_millis(150);
/// Who pays does not want to wait: it is here that most calls fail.
const RESERVE_TIMEOUT: Duration = Duration::from_millis(120);

const DATABASE_SIGMA: f64 = 0.7;

pub fn shop() -> Mesh {
    let mut shop = Builder::new("shop.example", RATE, CYCLE);
    let platform = Platform::add(&mut shop);
    let goods = Goods::add(&mut shop);
    let money = Money::add(&mut shop);
    let sales = Sales::add(&mut shop, &platform, &goods, &money);
    let web = Web::add(&mut shop, &platform, &goods, &sales);
    go_wrong(&mut shop, goods.inventory_db, money.provider);
    let gateway = |target| call(target).within(Duration::from_secs(5));
    shop.behind(
        "edge",
        "ingress",
        vec![
            (24.0, gateway(web.home)),
            (30.0, gateway(web.product)),
            (14.0, gateway(web.search)),
            (10.0, gateway(web.see_cart)),
            (9.0, gateway(web.add_to_cart)),
            (7.0, gateway(web.check_out)),
            (6.0, gateway(web.log_in)),
        ],
    )
}

/// A query of a database.
fn query(median_ms: f64) -> Takes {
    Takes { median_ms, sigma: DATABASE_SIGMA }
}

/// Who is who.
struct Platform {
    log_in: Target,
    check_token: Target,
    find: Target,
    order_events: Target,
}

impl Platform {
    fn add(shop: &mut Builder) -> Self {
        let users_db = shop.database("postgresql", "users-db.platform", "users");
        let select = shop.query(users_db, "SELECT", "accounts", query(1.8));
        let users = shop.workload("platform", "users", Tells::APP);
        let user = shop.http(users, "GET /users/{id}", ms(1.5), vec![vec![call(select)]]);
        let verify = shop.http(users, "POST /users/verify", ms(6.0), vec![vec![call(select)]]);
        let auth = shop.workload("platform", "auth", Tells::PROXY);
        let check_token = shop.http(auth, "GET /token", ms(0.9), vec![]);
        let log_in = shop.http(auth, "POST /login", ms(3.0), vec![vec![call(verify)]]);
        shop.errs(log_in, 0.0, 0.03);
        let search = shop.workload("platform", "search", Tells::APP);
        shop.pods(search, 2);
        let find = shop.http(search, "GET /search", Takes { median_ms: 18.0, sigma: 0.6 }, vec![]);
        let notifications = shop.workload("platform", "notifications", Tells::APP);
        let notify = shop.consumer(notifications, ms(4.0), vec![vec![call(user)]]);
        let order_events = shop.queue("kafka", "order-events", &[notify]);
        Self { log_in, check_token, find, order_events }
    }
}

/// What is sold.
struct Goods {
    inventory_db: ServiceId,
    stock: Target,
    reserve: Target,
    list: Target,
    product: Target,
    recommend: Target,
    advertise: Target,
    convert: Target,
}

impl Goods {
    fn add(shop: &mut Builder) -> Self {
        let inventory_db = shop.database("postgresql", "inventory-db.shop", "inventory");
        let select = shop.query(inventory_db, "SELECT", "stock", query(4.0));
        let update = shop.query(inventory_db, "UPDATE", "stock", query(6.0));
        let inventory = shop.workload("shop", "inventory", Tells::BOTH);
        shop.pods(inventory, 2);
        let one = vec![vec![call(select)], vec![call(select).sometimes(0.5)]];
        let stock = shop.http(inventory, "GET /stock/{sku}", ms(1.2), one);
        let reserve = vec![vec![call(select)], vec![call(update)]];
        let reserve = shop.http(inventory, "POST /stock/{sku}/reservations", ms(1.5), reserve);
        let currency = shop.workload("shop", "currency", Tells::PROXY);
        let convert = shop.grpc(currency, "shop.Currency/Convert", ms(0.5), vec![]);
        let ratings = shop.workload("shop", "ratings", Tells::BOTH);
        let rate = shop.http(ratings, "GET /ratings/{sku}", ms(2.2), vec![]);
        let shares = CANARY_SHARES.to_vec();
        shop.canary(Canary { service: ratings, revision: "v2".to_owned(), shares, fails: CANARY_FAILS });
        let catalogue = shop.workload("shop", "catalogue", Tells::BOTH);
        shop.pods(catalogue, 3);
        let of_list = vec![vec![call(convert).sometimes(0.3), call(rate).sometimes(0.5).optional()]];
        let list = shop.http(catalogue, "GET /products", ms(7.0), of_list);
        let of_one =
            vec![vec![call(stock).within(STOCK_TIMEOUT), call(rate).optional()], vec![call(convert).sometimes(0.3)]];
        let product = shop.http(catalogue, "GET /products/{sku}", ms(4.0), of_one);
        shop.errs(product, 0.001, 0.01);
        let recommendations = shop.workload("shop", "recommendations", Tells::APP);
        let recommend = vec![vec![call(list).sometimes(0.4)]];
        let recommend =
            shop.grpc(recommendations, "shop.Recommendations/List", Takes { median_ms: 12.0, sigma: 0.5 }, recommend);
        let ads = shop.workload("shop", "ads", Tells::PROXY);
        let advertise = shop.http(ads, "GET /ads", ms(2.5), vec![]);
        shop.errs(advertise, 0.004, 0.0);
        Self { inventory_db, stock, reserve, list, product, recommend, advertise, convert }
    }
}

/// What is paid.
struct Money {
    provider: ServiceId,
    pay: Target,
}

impl Money {
    fn add(shop: &mut Builder) -> Self {
        let fraud = shop.workload("payments", "fraud", Tells::BOTH);
        let score = shop.grpc(fraud, "payments.Fraud/Score", Takes { median_ms: 9.0, sigma: 0.5 }, vec![]);
        let provider = shop.external("api.payhub.example");
        let charge = shop.http(provider, "POST /v2/charges", Takes { median_ms: 85.0, sigma: 0.3 }, vec![]);
        let payment = shop.workload("payments", "payment", Tells::BOTH);
        shop.pods(payment, 2);
        let steps = vec![vec![call(score)], vec![call(charge).within(Duration::from_secs(2))]];
        let pay = shop.http(payment, "POST /payments", ms(3.0), steps);
        Self { provider, pay }
    }
}

/// How it is sold.
struct Sales {
    see_cart: Target,
    add_to_cart: Target,
    check_out: Target,
}

impl Sales {
    fn add(shop: &mut Builder, platform: &Platform, goods: &Goods, money: &Money) -> Self {
        let cache = shop.database("redis", "cart-cache.shop", "0");
        let get = shop.query(cache, "HGETALL", "cart", query(0.4));
        let set = shop.query(cache, "HSET", "cart", query(0.5));
        let cart = shop.workload("shop", "cart", Tells::BOTH);
        shop.pods(cart, 2);
        let see_cart = shop.http(cart, "GET /cart/{user}", ms(1.0), vec![vec![call(get)]]);
        let add = vec![vec![call(goods.stock).within(STOCK_TIMEOUT)], vec![call(set)]];
        let add_to_cart = shop.http(cart, "POST /cart/{user}/items", ms(1.4), add);
        let shipping = shop.workload("shop", "shipping", Tells::BOTH);
        let quote = shop.http(shipping, "GET /quotes", ms(6.0), vec![]);
        shop.errs(quote, 0.002, 0.0);
        let orders_db = shop.database("postgresql", "orders-db.shop", "orders");
        let insert = shop.query(orders_db, "INSERT", "orders", query(3.0));
        let orders = shop.workload("shop", "orders", Tells::BOTH);
        let place = vec![vec![call(insert)], vec![call(platform.order_events)]];
        let place = shop.http(orders, "POST /orders", ms(2.5), place);
        let checkout = shop.workload("shop", "checkout", Tells::BOTH);
        shop.pods(checkout, 2);
        let steps = vec![
            vec![
                call(see_cart),
                call(goods.reserve).within(RESERVE_TIMEOUT),
                call(quote).tried_again(2).flaky(0.06),
                call(goods.convert),
            ],
            vec![call(money.pay).tried_again(2).within(Duration::from_secs(4))],
            vec![call(place)],
        ];
        let check_out = shop.http(checkout, "POST /checkout", ms(4.0), steps);
        Self { see_cart, add_to_cart, check_out }
    }
}

fn go_wrong(shop: &mut Builder, database: ServiceId, provider: ServiceId) {
    let (from, until) = (SLOW_FROM, SLOW_FROM + SLOW_FOR);
    shop.trouble(Trouble { from, until, service: database, effect: Effect::Slow(SLOW_FACTOR) });
    let (from, until) = (BURST_FROM, BURST_FROM + BURST_FOR);
    shop.trouble(Trouble { from, until, service: provider, effect: Effect::Failing(BURST_RATE) });
}

/// What people see.
struct Web {
    home: Target,
    product: Target,
    search: Target,
    see_cart: Target,
    add_to_cart: Target,
    check_out: Target,
    log_in: Target,
}

impl Web {
    fn add(shop: &mut Builder, platform: &Platform, goods: &Goods, sales: &Sales) -> Self {
        let web = shop.workload("shop", "web", Tells::BOTH);
        shop.pods(web, 3);
        let token = || vec![call(platform.check_token)];
        let ads = || call(goods.advertise).optional();
        let home = vec![vec![
            call(goods.list),
            call(goods.recommend).sometimes(0.6).optional(),
            ads().sometimes(0.5),
            call(sales.see_cart).sometimes(0.3).optional(),
        ]];
        let product = vec![vec![call(goods.product), ads().sometimes(0.3)]];
        let search = vec![vec![call(platform.find)], vec![call(goods.list).sometimes(0.5)]];
        Self {
            home: shop.http(web, "GET /", ms(5.0), home),
            product: shop.http(web, "GET /products/{sku}", ms(4.0), product),
            search: shop.http(web, "GET /search", ms(4.0), search),
            see_cart: shop.http(web, "GET /cart", ms(3.0), vec![token(), vec![call(sales.see_cart)]]),
            add_to_cart: shop.http(web, "POST /cart/items", ms(2.5), vec![token(), vec![call(sales.add_to_cart)]]),
            check_out: shop.http(web, "POST /checkout", ms(3.5), vec![token(), vec![call(sales.check_out)]]),
            log_in: shop.http(web, "POST /login", ms(2.0), vec![vec![call(platform.log_in)]]),
        }
    }
}
