//! A tree of PromQL as the JSON of `/parse_query`: objects that have a `type`, as Prometheus' own user interface
//! reads them.
//!
//! A call takes stack for every level of the tree.

use super::answer::json::{Object, array, string};
use crate::promql::function::Function;
use crate::promql::number;
use crate::promql::source::{MatchOp, Matcher};
use crate::promql::tree::{
    Aggregate, At, Binary, Call, Cardinality, Duration, Edges, Expr, Matching, MatrixSelector, Subquery, ValueType,
    VectorSelector,
};

pub(super) fn write(out: &mut Vec<u8>, expr: &Expr) {
    let mut node = Object::open(out);
    node.text("type", type_name(expr));
    match expr {
        Expr::Number(number) => node.text("val", &number::text(number.value)),
        Expr::String(text) => node.text("val", &text.value),
        Expr::Paren(paren) => write(node.field("expr"), &paren.inner),
        Expr::Unary(unary) => {
            node.text("op", if unary.negative { "-" } else { "+" });
            write(node.field("expr"), &unary.operand);
        }
        Expr::Binary(binary) => binary_fields(&mut node, binary),
        Expr::Aggregate(aggregate) => aggregate_fields(&mut node, aggregate),
        Expr::Call(call) => call_fields(&mut node, call),
        Expr::Vector(selector) => selector_fields(&mut node, selector),
        Expr::Matrix(MatrixSelector { selector, range, .. }) => {
            node.raw("range", milliseconds(Some(range)));
            selector_fields(&mut node, selector);
        }
        Expr::Subquery(subquery) => subquery_fields(&mut node, subquery),
    }
    node.close();
}

fn type_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Number(_) => "numberLiteral",
        Expr::String(_) => "stringLiteral",
        Expr::Paren(_) => "parenExpr",
        Expr::Unary(_) => "unaryExpr",
        Expr::Binary(_) => "binaryExpr",
        Expr::Aggregate(_) => "aggregation",
        Expr::Call(_) => "call",
        Expr::Vector(_) => "vectorSelector",
        Expr::Matrix(_) => "matrixSelector",
        Expr::Subquery(_) => "subquery",
    }
}

fn binary_fields(node: &mut Object<'_>, binary: &Binary) {
    node.text("op", binary.op.text());
    write(node.field("lhs"), &binary.lhs);
    write(node.field("rhs"), &binary.rhs);
    let are_vectors = [&binary.lhs, &binary.rhs].iter().all(|side| side.value_type() == ValueType::Vector);
    match are_vectors {
        true => matching_fields(node.field("matching"), &binary.matching),
        false => node.raw("matching", "null"),
    }
    node.raw("bool", binary.return_bool);
}

fn matching_fields(out: &mut Vec<u8>, matching: &Matching) {
    let mut node = Object::open(out);
    node.text("card", cardinality_name(matching.cardinality));
    texts(node.field("labels"), &matching.labels);
    node.raw("on", matching.on);
    texts(node.field("include"), &matching.include);
    let mut fills = Object::open(node.field("fillValues"));
    for (side, fill) in [("lhs", matching.fill_left), ("rhs", matching.fill_right)] {
        // What is no number in JSON is nothing.
        let fill = fill.filter(|fill| fill.is_finite());
        fills.raw(side, fill.map_or_else(|| "null".to_owned(), number::text));
    }
    fills.close();
    node.close();
}

fn cardinality_name(cardinality: Cardinality) -> &'static str {
    match cardinality {
        Cardinality::OneToOne => "one-to-one",
        Cardinality::ManyToOne => "many-to-one",
        Cardinality::OneToMany => "one-to-many",
        Cardinality::ManyToMany => "many-to-many",
    }
}

fn aggregate_fields(node: &mut Object<'_>, aggregate: &Aggregate) {
    node.text("op", aggregate.op.text());
    write(node.field("expr"), &aggregate.operand);
    match &aggregate.param {
        Some(param) => write(node.field("param"), param),
        None => node.raw("param", "null"),
    }
    texts(node.field("grouping"), &aggregate.grouping);
    node.raw("without", aggregate.without);
}

fn call_fields(node: &mut Object<'_>, call: &Call) {
    let function = call.function;
    let mut signature = Object::open(node.field("func"));
    signature.text("name", function.name);
    array(signature.field("argTypes"), function.args, |out, arg| string(out, value_type_name(*arg)));
    signature.raw("variadic", variadic(function));
    signature.text("returnType", value_type_name(function.returns));
    signature.close();
    array(node.field("args"), &call.args, write);
}

/// How many arguments may be left out; -1 when the last one may come any number of times.
fn variadic(function: &Function) -> i64 {
    if function.variadic { -1 } else { i64::try_from(function.optional).unwrap_or(i64::MAX) }
}

fn value_type_name(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Scalar => "scalar",
        ValueType::Vector => "vector",
        ValueType::Matrix => "matrix",
        ValueType::String => "string",
    }
}

fn selector_fields(node: &mut Object<'_>, selector: &VectorSelector) {
    node.text("name", selector.name.as_deref().unwrap_or_default());
    node.raw("offset", milliseconds(selector.offset.as_ref()));
    array(node.field("matchers"), &selector.matchers, matcher);
    at_fields(node, selector.at);
    node.raw("anchored", selector.edges == Edges::Anchored);
    node.raw("smoothed", selector.edges == Edges::Smoothed);
}

fn matcher(out: &mut Vec<u8>, matcher: &Matcher) {
    let op = match matcher.op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Regex => "=~",
        MatchOp::NotRegex => "!~",
    };
    let mut node = Object::open(out);
    node.text("name", &matcher.name);
    node.text("value", &matcher.value);
    node.text("type", op);
    node.close();
}

fn subquery_fields(node: &mut Object<'_>, subquery: &Subquery) {
    write(node.field("expr"), &subquery.operand);
    node.raw("range", milliseconds(Some(&subquery.range)));
    node.raw("offset", milliseconds(subquery.offset.as_ref()));
    node.raw("step", milliseconds(subquery.step.as_ref()));
    at_fields(node, subquery.at);
}

fn at_fields(node: &mut Object<'_>, at: Option<At>) {
    let (timestamp, start_or_end) = match at {
        Some(At::Time(time_ms)) => (time_ms.to_string(), None),
        Some(At::Start) => ("null".to_owned(), Some("start")),
        Some(At::End) => ("null".to_owned(), Some("end")),
        None => ("null".to_owned(), None),
    };
    node.raw("timestamp", timestamp);
    match start_or_end {
        Some(word) => node.text("startOrEnd", word),
        None => node.raw("startOrEnd", "null"),
    }
}

/// As Prometheus has it before a query is planned: 0 where nothing is written, or what is written has yet to be
/// computed.
fn milliseconds(duration: Option<&Duration>) -> i64 {
    match duration {
        Some(Duration::Literal(milliseconds)) => *milliseconds,
        Some(Duration::Expr(_)) | None => 0,
    }
}

fn texts(out: &mut Vec<u8>, texts: &[String]) {
    array(out, texts, |out, text| string(out, text));
}

#[cfg(test)]
mod tests;
