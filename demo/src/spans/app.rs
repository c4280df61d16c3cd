//! Spans of apps, by OpenTelemetry's semantic conventions.

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::attributes::{number, text};
use super::{Asking, Told, codes};
use crate::mesh::{Role, Service, Verb};
use crate::request::Outcome;

/// What a caller tells. A client takes a refusal for an error, a server does not.
pub fn client(asking: &Asking<'_>, outcome: Outcome) -> Told {
    let name = match asking.verb {
        Verb::Http { method, .. } => method.clone(),
        Verb::Grpc { service, method } => format!("{service}/{method}"),
        Verb::Query { operation, collection } => format!("{operation} {collection}"),
        Verb::Message => format!("send {}", asking.service.name),
    };
    let mut attributes = words(asking, outcome);
    match asking.verb {
        Verb::Http { .. } => attributes.push(text("url.full", url(asking))),
        Verb::Message => attributes.extend(message("send")),
        Verb::Grpc { .. } | Verb::Query { .. } => {}
    }
    if !matches!(asking.service.role, Role::Queue { .. }) {
        attributes.extend(server_address(asking.service));
    }
    Told { name, is_error: outcome != Outcome::Done, attributes }
}

/// What a target tells.
pub fn server(asking: &Asking<'_>, outcome: Outcome) -> Told {
    let name = match asking.verb {
        Verb::Http { method, route } => format!("{method} {route}"),
        Verb::Grpc { service, method } => format!("{service}/{method}"),
        Verb::Query { .. } | Verb::Message => asking.service.name.clone(),
    };
    let mut attributes = words(asking, outcome);
    if let Verb::Http { route, .. } = asking.verb {
        let scheme = text("url.scheme", "http");
        attributes.extend([text("http.route", route), text("url.path", &asking.path), scheme]);
    }
    attributes.extend(server_address(asking.service));
    Told { name, is_error: outcome.is_error(), attributes }
}

/// What a consumer tells of a message from a queue.
pub fn consumer(queue: &Asking<'_>, group: &str, outcome: Outcome) -> Told {
    let mut attributes = words(queue, outcome);
    attributes.extend(message("process"));
    attributes.push(text("messaging.consumer.group.name", group));
    Told { name: format!("process {}", queue.service.name), is_error: outcome.is_error(), attributes }
}

/// What both sides say alike.
fn words(asking: &Asking<'_>, outcome: Outcome) -> Vec<KeyValue> {
    let mut words = match (asking.verb, &asking.service.role) {
        (Verb::Http { method, .. }, _) => http(method, outcome),
        (Verb::Grpc { service, method }, _) => grpc(service, method, outcome),
        (Verb::Query { operation, collection }, Role::Database { system, database }) => vec![
            text("db.system.name", system),
            text("db.namespace", database),
            text("db.operation.name", *operation),
            text("db.collection.name", *collection),
        ],
        (_, Role::Queue { system }) => {
            vec![text("messaging.system", system), text("messaging.destination.name", &asking.service.name)]
        }
        _ => Vec::new(),
    };
    words.extend(error_type(outcome).map(|error| text("error.type", error)));
    words
}

fn http(method: &str, outcome: Outcome) -> Vec<KeyValue> {
    let status = codes::http(outcome).map(|status| number("http.response.status_code", status.into()));
    [text("http.request.method", method)].into_iter().chain(status).collect()
}

fn grpc(service: &str, method: &str, outcome: Outcome) -> Vec<KeyValue> {
    let status = codes::grpc(outcome).map(|status| number("rpc.grpc.status_code", status.into()));
    let call = [text("rpc.system", "grpc"), text("rpc.service", service), text("rpc.method", method)];
    call.into_iter().chain(status).collect()
}

fn message(operation: &str) -> [KeyValue; 2] {
    [text("messaging.operation.type", operation), text("messaging.operation.name", operation)]
}

fn server_address(service: &Service) -> [KeyValue; 2] {
    [text("server.address", service.host()), number("server.port", service.port().into())]
}

fn url(asking: &Asking<'_>) -> String {
    let Asking { service, path, .. } = asking;
    match service.role {
        Role::External => format!("https://{}{path}", service.host()),
        _ => format!("http://{}:{}{path}", service.host(), service.port()),
    }
}

fn error_type(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done | Outcome::Refused => None,
        Outcome::Failed => Some("internal"),
        Outcome::Unavailable => Some("unavailable"),
        Outcome::Unreachable => Some("connect"),
        Outcome::TimedOut => Some("timeout"),
        Outcome::Cancelled => Some("cancelled"),
    }
}
