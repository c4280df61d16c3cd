//! `/prometheus/api/v1/rules`, `/prometheus/api/v1/alerts` and `/prometheus/api/v1/alertmanagers`. No rules are
//! evaluated here, so lists are empty; but what is asked is checked, since Grafana takes an error for a server
//! without rules.

use axum::response::Response;
use serde::Serialize;

use crate::prometheus::answer;
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::Params;
use crate::prometheus::store::MetricStore;
use crate::promql::quote::quoted;

/// Nothing, of whatever it may be.
type Nothing = [(); 0];

#[derive(Debug, Serialize)]
struct Rules {
    groups: Nothing,
}

#[derive(Debug, Serialize)]
struct Alerts {
    alerts: Nothing,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alertmanagers {
    active_alertmanagers: Nothing,
    dropped_alertmanagers: Nothing,
}

/// Groups of rules: there are none.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/rules",
    operation_id = "prometheus_rules",
    tag = "prometheus",
    params(
        ("type" = Option<String>, Query, description = "`alert` or `record`"),
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors of rules by their labels"),
        ("exclude_alerts" = Option<String>, Query, description = "Whether alerts are left out"),
        ("group_limit" = Option<i64>, Query, description = "At most this many groups, above 0"),
        ("group_next_token" = Option<String>, Query, description = "Where the last answer ended"),
    ),
    responses(
        (status = 200, description = "`groups`", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn rules<S: MetricStore>(asked: Asked<S>) -> Result<Response, Refusal> {
    let params = asked.params;
    let kind = params.get("type").to_lowercase();
    if !matches!(&*kind, "" | "alert" | "record") {
        return Err(Refusal::parameter("type", format!("not supported value {}", quoted(&kind))));
    }
    params.selectors().map_err(Refusal::bad_data)?;
    check_exclusion(&params)?;
    check_page(&params)?;
    answer::data(&Rules { groups: [] })
}

/// Go's booleans are more than two.
fn check_exclusion(params: &Params) -> Result<(), Refusal> {
    let text = params.get("exclude_alerts");
    match text.to_lowercase().as_str() {
        "" | "1" | "t" | "true" | "0" | "f" | "false" => Ok(()),
        _ => {
            let why = format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(text));
            Err(Refusal::parameter("exclude_alerts", format!("error converting exclude_alerts: {why}")))
        }
    }
}

/// There is one page, and nothing after it.
fn check_page(params: &Params) -> Result<(), Refusal> {
    let token = params.get("group_next_token");
    if params.get("group_limit").is_empty() {
        return match token {
            "" => Ok(()),
            _ => {
                let why = "group_limit needs to be present in order to paginate over the groups";
                Err(Refusal::parameter("group_next_token", why))
            }
        };
    }
    let limit = params.integer("group_limit");
    let limit = limit
        .map_err(|why| Refusal::parameter("group_limit", format!("group_limit needs to be a valid number: {why}")))?;
    if limit <= 0 {
        return Err(Refusal::parameter("group_limit", "group_limit needs to be greater than 0"));
    }
    if token.is_empty() {
        return Ok(());
    }
    let why = format!("invalid group_next_token '{token}'. were rule groups changed?");
    Err(Refusal::parameter("group_next_token", why))
}

/// Alerts that fire: there are none.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/alerts",
    operation_id = "prometheus_alerts",
    tag = "prometheus",
    responses((status = 200, description = "`alerts`", content_type = "application/json"))
)]
pub async fn alerts<S: MetricStore>(_: Asked<S>) -> Result<Response, Refusal> {
    answer::data(&Alerts { alerts: [] })
}

/// Where alerts are sent: nowhere.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/alertmanagers",
    operation_id = "prometheus_alertmanagers",
    tag = "prometheus",
    responses((status = 200, description = "Two empty lists", content_type = "application/json"))
)]
pub async fn alertmanagers<S: MetricStore>(_: Asked<S>) -> Result<Response, Refusal> {
    answer::data(&Alertmanagers { active_alertmanagers: [], dropped_alertmanagers: [] })
}
