//! What a request asks, and for whom.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};

use super::failure::Refusal;
use super::params::Params;
use super::{Api, Failure, MetricStore};

/// Names the tenant; the default one when absent.
const TENANT_HEADER: &str = "x-scope-orgid";
/// The longest form: the longest query with every byte escaped, and as much again.
pub(super) const FORM_BYTES_MAX: usize = 4 << 20;
const FORM: &str = "application/x-www-form-urlencoded";

/// The admitted tenant of a request and its parameters.
#[derive(Debug)]
pub(super) struct Asked<S: MetricStore> {
    pub tenant: S::Tenant,
    pub params: Params,
}

impl<S: MetricStore> FromRequest<Api<S>> for Asked<S> {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api<S>) -> Result<Self, Refusal> {
        let tenant = api.store.admit(tenant_header(request.headers())?)?;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let form = if has_form(&request) { form(request).await? } else { Bytes::new() };
        Ok(Self { tenant, params: Params::merge(&form, &query)? })
    }
}

fn tenant_header(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let named = headers.get(TENANT_HEADER).map(|value| value.to_str()).transpose();
    named.map_err(|_| Failure::Unauthorized(format!("{TENANT_HEADER} is not text")).into())
}

/// Bodies of other types are not looked at, as Prometheus does not.
fn has_form(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    *request.method() == Method::POST && media_type.eq_ignore_ascii_case(FORM)
}

async fn form(request: Request) -> Result<Bytes, Refusal> {
    let refuse = |why: &str| format!("error parsing form values: {why}");
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::too_large(refuse(&format!("the form has more than {FORM_BYTES_MAX} bytes")))
        }
        _ => Refusal::bad_data(refuse(&rejection.body_text())),
    })
}
