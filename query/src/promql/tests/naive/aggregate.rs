//! Aggregations over groups of elements.

use super::super::super::labels::{Labels, NAME};
use super::super::super::tree::{Aggregate, AggregateOp, Expr};
use super::quantile::quantile;
use super::window::{mean, sum, variance};
use super::{Element, Naive, Out, Outcome, unknown};

struct Group {
    labels: Labels,
    elements: Vec<Element>,
}

pub fn eval(naive: &Naive<'_>, node: &Aggregate, time_ms: i64) -> Outcome<Out> {
    let operand = naive.vector(&node.operand, time_ms)?;
    let mut elements = Vec::new();
    if node.op == AggregateOp::CountValues {
        let Some(Expr::String(label)) = node.param.as_deref().map(unwrapped) else { return unknown("such a label") };
        let valued = operand.into_iter().map(|element| valued(element, &label.value));
        let grouping = node.grouping.iter().chain((!node.without).then_some(&label.value)).cloned().collect();
        for Group { labels, elements: members } in groups(valued.collect(), node.without, grouping) {
            elements.push(Element { labels, nameless: false, value: members.len() as f64 });
        }
        return Ok(Out::Vector(elements));
    }
    if matches!(node.op, AggregateOp::TopK | AggregateOp::BottomK) {
        let k = naive.scalar(node.param.as_ref().ok_or("no parameter")?, time_ms)?;
        // Where it would be the number of elements.
        if k.is_nan() || k.abs() >= 9.3e18 {
            return Err(format!("{k} is no number of elements"));
        }
    }
    let param = node.param.as_ref().map(|param| naive.scalar(param, time_ms)).transpose()?.unwrap_or(0.0);
    for Group { labels, elements: members } in groups(operand, node.without, node.grouping.clone()) {
        match node.op {
            AggregateOp::TopK | AggregateOp::BottomK => elements.extend(outermost(node.op, param, members)),
            AggregateOp::LimitK | AggregateOp::LimitRatio => return unknown("limits"),
            op => {
                let nameless = members.iter().any(|member| member.nameless);
                let values: Vec<f64> = members.iter().map(|member| member.value).collect();
                elements.push(Element { labels, nameless, value: value(op, param, &values) });
            }
        }
    }
    Ok(Out::Vector(elements))
}

fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(node) => unwrapped(&node.inner),
        other => other,
    }
}

/// The value as a label.
fn valued(element: Element, label: &str) -> Element {
    let text = match element.value {
        value if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        value => value.to_string(),
    };
    Element { labels: element.labels.with(label, text), ..element }
}

fn groups(elements: Vec<Element>, without: bool, grouping: Vec<String>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for element in elements {
        let named = |name: &str| grouping.iter().any(|held| held == name);
        let labels = match without {
            true => element.labels.without_metadata().filter(|name| name != NAME && !named(name)),
            false => element.labels.filter(named),
        };
        match groups.iter_mut().find(|group| group.labels == labels) {
            Some(group) => group.elements.push(element),
            None => groups.push(Group { labels, elements: vec![element] }),
        }
    }
    groups
}

/// The `k` largest or smallest; NaN is behind all. They keep their labels.
fn outermost(op: AggregateOp, k: f64, mut elements: Vec<Element>) -> Vec<Element> {
    elements.sort_by(|a, b| match (a.value.is_nan(), b.value.is_nan()) {
        (false, false) if op == AggregateOp::TopK => b.value.total_cmp(&a.value),
        (false, false) => a.value.total_cmp(&b.value),
        (left, right) => left.cmp(&right),
    });
    elements.truncate(if k < 1.0 { 0 } else { k as usize });
    elements
}

fn value(op: AggregateOp, param: f64, values: &[f64]) -> f64 {
    let extreme = |beats: fn(f64, f64) -> bool| {
        let values = values.iter().copied();
        values.reduce(|held, value| if beats(value, held) || held.is_nan() { value } else { held }).unwrap()
    };
    match op {
        AggregateOp::Sum => sum(values),
        AggregateOp::Avg => mean(values),
        AggregateOp::Min => extreme(|value, held| value < held),
        AggregateOp::Max => extreme(|value, held| value > held),
        AggregateOp::Count => values.len() as f64,
        AggregateOp::Group => 1.0,
        AggregateOp::Stddev => variance(values).sqrt(),
        AggregateOp::Stdvar => variance(values),
        AggregateOp::Quantile => quantile(param, values),
        _ => f64::NAN,
    }
}
