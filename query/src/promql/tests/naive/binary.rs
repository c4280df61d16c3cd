//! Binary operators: numbers with numbers, vectors with numbers, vectors with vectors.

use super::super::super::labels::{Labels, NAME};
use super::super::super::tree::{Binary, BinaryOp, Cardinality, Matching};
use super::{Element, Naive, Out, Outcome, unknown};

pub fn eval(naive: &Naive<'_>, node: &Binary, time_ms: i64) -> Outcome<Out> {
    if node.matching.fill_left.or(node.matching.fill_right).is_some() {
        return unknown("fill");
    }
    let (lhs, rhs) = (naive.eval(&node.lhs, time_ms)?, naive.eval(&node.rhs, time_ms)?);
    let (op, return_bool) = (node.op, node.return_bool);
    Ok(match (lhs, rhs) {
        (Out::Scalar(left), Out::Scalar(right)) => Out::Scalar(combined(op, left, right)?),
        (Out::Vector(left), Out::Scalar(right)) => {
            Out::Vector(each(left, op, return_bool, |value| combined(op, value, right))?)
        }
        (Out::Scalar(left), Out::Vector(right)) => {
            Out::Vector(each(right, op, return_bool, |value| combined(op, left, value))?)
        }
        (Out::Vector(left), Out::Vector(right)) if op.is_set() => Out::Vector(set(op, &node.matching, left, right)),
        (Out::Vector(left), Out::Vector(right)) => Out::Vector(matched(node, left, right)?),
        other => return Err(format!("no operands: {other:?}")),
    })
}

/// The value of an operation; of a comparison 1 or 0.
fn combined(op: BinaryOp, left: f64, right: f64) -> Outcome<f64> {
    let holds = |holds: bool| f64::from(u8::from(holds));
    Ok(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::Div => left / right,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => left.powf(right),
        BinaryOp::Atan2 => left.atan2(right),
        BinaryOp::Equal => holds(left == right),
        BinaryOp::NotEqual => holds(left != right),
        BinaryOp::Less => holds(left < right),
        BinaryOp::LessOrEqual => holds(left <= right),
        BinaryOp::Greater => holds(left > right),
        BinaryOp::GreaterOrEqual => holds(left >= right),
        _ => return unknown(op.text()),
    })
}

/// A vector and a number: a comparison filters, or says 0 and 1 where that was asked for.
fn each(
    elements: Vec<Element>,
    op: BinaryOp,
    return_bool: bool,
    combine: impl Fn(f64) -> Outcome<f64>,
) -> Outcome<Vec<Element>> {
    let mut kept = Vec::new();
    for element in elements {
        let value = combine(element.value)?;
        if !op.is_comparison() || return_bool {
            kept.push(Element { value, nameless: true, ..element });
        } else if value == 1.0 {
            kept.push(element);
        }
    }
    Ok(kept)
}

/// The labels by which elements meet.
fn signature(labels: &Labels, matching: &Matching) -> Labels {
    let listed = |name: &str| matching.labels.iter().any(|held| held == name);
    match matching.on {
        true => labels.filter(listed),
        false => labels.filter(|name| name != NAME && !listed(name)),
    }
}

fn set(op: BinaryOp, matching: &Matching, left: Vec<Element>, right: Vec<Element>) -> Vec<Element> {
    let signatures = |elements: &[Element]| -> Vec<Labels> {
        elements.iter().map(|element| signature(&element.labels, matching)).collect()
    };
    let (of_left, of_right) = (signatures(&left), signatures(&right));
    let left = left.into_iter().zip(&of_left);
    match op {
        BinaryOp::And => left.filter(|(_, meets)| of_right.contains(meets)).map(|(element, _)| element).collect(),
        BinaryOp::Unless => left.filter(|(_, meets)| !of_right.contains(meets)).map(|(element, _)| element).collect(),
        _ => {
            let others = right.into_iter().zip(&of_right).filter(|(_, meets)| !of_left.contains(meets));
            left.chain(others).map(|(element, _)| element).collect()
        }
    }
}

/// Every element of the "many" side with the one of the other side that it meets.
fn matched(node: &Binary, left: Vec<Element>, right: Vec<Element>) -> Outcome<Vec<Element>> {
    let matching = &node.matching;
    if left.is_empty() || right.is_empty() {
        return Ok(Vec::new());
    }
    let swapped = matching.cardinality == Cardinality::OneToMany;
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let mut ones: Vec<(Labels, Element)> = Vec::new();
    for element in one {
        let meets = signature(&element.labels, matching);
        if ones.iter().any(|(held, _)| *held == meets) {
            return Err(format!("found duplicate series for the match group {meets}"));
        }
        ones.push((meets, element));
    }
    let mut results: Vec<(Labels, bool, Element)> = Vec::new();
    for element in many {
        let meets = signature(&element.labels, matching);
        let Some((_, other)) = ones.iter().find(|(held, _)| *held == meets) else { continue };
        let (first, second) = if swapped { (other.value, element.value) } else { (element.value, other.value) };
        let combined = combined(node.op, first, second)?;
        let filters = node.op.is_comparison() && !node.return_bool;
        let labels = result_labels(node, &element.labels, &other.labels);
        let twice = match matching.cardinality {
            Cardinality::OneToOne => results.iter().any(|(held, ..)| *held == meets),
            _ => results.iter().any(|(held, _, result)| *held == meets && result.labels == labels),
        };
        if twice {
            return Err("multiple matches for labels".to_owned());
        }
        let value = if filters { first } else { combined };
        let nameless = node.return_bool || element.nameless;
        results.push((meets, !filters || combined == 1.0, Element { labels, nameless, value }));
    }
    Ok(results.into_iter().filter(|(_, keep, _)| *keep).map(|(_, _, element)| element).collect())
}

fn result_labels(node: &Binary, many: &Labels, one: &Labels) -> Labels {
    let matching = &node.matching;
    let listed = |name: &str| matching.labels.iter().any(|held| held == name);
    let mut labels = if node.op.is_comparison() { many.clone() } else { many.without_metadata() };
    if matching.cardinality == Cardinality::OneToOne {
        labels = labels.filter(|name| listed(name) == matching.on);
    }
    for name in &matching.include {
        labels = labels.with(name.as_str(), one.get(name));
    }
    labels
}
