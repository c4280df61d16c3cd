//! Two traces in, comparison out.

mod difference;
mod properties;
mod size;
mod tree;

use spanloom_store::TraceId;

use super::answer::ComparedNode;
use super::*;
use crate::trace::analysis::Work;
use crate::trace::lines::assembled;
use crate::trace::span::Span;

fn answer(left: &[&str], right: &[&str]) -> TraceComparison {
    compared(&assembled(left), &assembled(right))
}

fn answer_of(left: Vec<Span<'_>>, right: Vec<Span<'_>>) -> TraceComparison {
    compared(&Assembled::new(left).unwrap(), &Assembled::new(right).unwrap())
}

fn compared(left: &Assembled<'_>, right: &Assembled<'_>) -> TraceComparison {
    comparison((TraceId::from_halves(0, 1), left), (TraceId::from_halves(0, 2), right))
}

/// Nodes as an indented tree, of either side `spans total self critical`.
fn shown(nodes: &[ComparedNode]) -> Vec<String> {
    let side = |work: Option<Work>| match work {
        None => "none".to_owned(),
        Some(Work { span_count, total_ns, self_ns, critical_ns, .. }) => {
            format!("{span_count} {total_ns} {self_ns} {critical_ns}")
        }
    };
    let text = |node: &ComparedNode| {
        let of = &node.operation;
        let cut = if node.cut_count == 0 { String::new() } else { format!(" and {} more", node.cut_count) };
        let name = format!("{}{} {}", ". ".repeat(node.depth), of.service.as_deref().unwrap_or("-"), of.name);
        format!("{name}: {} | {}{cut}", side(node.left), side(node.right))
    };
    nodes.iter().map(text).collect()
}
