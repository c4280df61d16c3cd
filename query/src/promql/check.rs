//! Which types may meet, with Prometheus' messages. Matching between scalars is dropped: it says nothing.

use super::Invalid;
use super::parser::NAME;
use super::quote::{quoted, quoted_bytes, unquoted_bytes};
use super::tree::{
    Aggregate, AggregateOp, Binary, Call, Cardinality, Expr, Matching, Span, StringLiteral, ValueType, VectorSelector,
};

type Checked<T = ()> = Result<T, Invalid>;

/// # Errors
/// The first expression that has a type which may not stand there.
pub(super) fn check(expr: &mut Expr, text: &str) -> Checked<ValueType> {
    match expr {
        Expr::Number(_) => Ok(ValueType::Scalar),
        Expr::String(node) => string(node, text).map(|()| ValueType::String),
        Expr::Paren(node) => check(&mut node.inner, text),
        Expr::Unary(node) => {
            let operand = check(&mut node.operand, text)?;
            if matches!(operand, ValueType::Scalar | ValueType::Vector) {
                return Ok(operand);
            }
            let message = "unary expression only allowed on expressions of type scalar or instant vector";
            Err(Invalid::new(node.span, format!("{message}, got {}", quoted(&operand.to_string()))))
        }
        Expr::Binary(node) => binary(node, text),
        Expr::Aggregate(node) => aggregate(node, text).map(|()| ValueType::Vector),
        Expr::Call(node) => call(node, text).map(|()| node.function.returns),
        Expr::Vector(node) => selector(node).map(|()| ValueType::Vector),
        Expr::Matrix(node) => selector(&node.selector).map(|()| ValueType::Matrix),
        Expr::Subquery(node) => match check(&mut node.operand, text)? {
            ValueType::Vector => Ok(ValueType::Matrix),
            other => {
                let message = format!("subquery is only allowed on instant vector, got {} instead", word(other));
                Err(Invalid::new(node.span, message))
            }
        },
    }
}

/// Prometheus' short word for a type.
fn word(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Scalar => "scalar",
        ValueType::Vector => "vector",
        ValueType::Matrix => "matrix",
        ValueType::String => "string",
    }
}

fn expect(expr: &mut Expr, wanted: ValueType, context: &str, text: &str) -> Checked {
    let given = check(expr, text)?;
    if given == wanted {
        return Ok(());
    }
    Err(Invalid::new(expr.span(), format!("expected type {wanted} in {context}, got {given}")))
}

/// Texts are UTF-8 here; of a string that is not, the parser replaced bytes.
fn string(node: &StringLiteral, text: &str) -> Checked {
    match bytes_not_utf8(node, text) {
        Some(bytes) => Err(Invalid::late(node.span, format!("string {} is not UTF-8", quoted_bytes(&bytes)))),
        None => Ok(()),
    }
}

fn bytes_not_utf8(node: &StringLiteral, text: &str) -> Option<Vec<u8>> {
    if !node.value.contains('\u{fffd}') {
        return None;
    }
    let quoted = text.get(node.span.start as usize..node.span.end as usize)?;
    unquoted_bytes(quoted).ok().filter(|bytes| std::str::from_utf8(bytes).is_err())
}

fn aggregate(node: &mut Aggregate, text: &str) -> Checked {
    expect(&mut node.operand, ValueType::Vector, "aggregation expression", text)?;
    let Some(param) = &mut node.param else { return Ok(()) };
    if node.op != AggregateOp::CountValues {
        return expect(param, ValueType::Scalar, "aggregation parameter", text);
    }
    if let Expr::String(label) = &**param
        && let Some(bytes) = bytes_not_utf8(label, text)
    {
        return Err(Invalid::late(label.span, format!("invalid label name {}", quoted_bytes(&bytes))));
    }
    expect(param, ValueType::String, "aggregation parameter", text)
}

fn binary(node: &mut Binary, text: &str) -> Checked<ValueType> {
    let lhs = check(&mut node.lhs, text)?;
    let rhs = check(&mut node.rhs, text)?;
    let are_scalars = lhs == ValueType::Scalar && rhs == ValueType::Scalar;
    let is_comparison = node.op.is_comparison();
    if node.return_bool && !is_comparison {
        return Err(Invalid::new(operator(node, text), "bool modifier can only be used on comparison operators"));
    }
    if is_comparison && !node.return_bool && are_scalars {
        return Err(Invalid::new(operator(node, text), "comparisons between scalars must use BOOL modifier"));
    }
    let twice = node.matching.labels.iter().find(|label| node.matching.on && node.matching.include.contains(label));
    if let Some(label) = twice {
        let message = format!("label {} must not occur in ON and GROUP clause at once", quoted(label));
        return Err(Invalid::new(operator(node, text), message));
    }
    for (given, side) in [(lhs, &node.lhs), (rhs, &node.rhs)] {
        if !matches!(given, ValueType::Scalar | ValueType::Vector) {
            let message = "binary expression must contain only scalar and instant vector types";
            return Err(Invalid::new(side.span(), message));
        }
    }
    if lhs == ValueType::Vector && rhs == ValueType::Vector {
        vectors(node)?;
    } else {
        with_scalar(node)?;
    }
    Ok(if are_scalars { ValueType::Scalar } else { ValueType::Vector })
}

fn vectors(node: &Binary) -> Checked {
    if !node.op.is_set() {
        return Ok(());
    }
    if node.matching.cardinality != Cardinality::ManyToMany {
        let message = format!("no grouping allowed for {} operation", quoted(node.op.text()));
        return Err(Invalid::new(node.span, message));
    }
    if is_filled(&node.matching) {
        return Err(Invalid::new(node.span, "filling in missing series not allowed for set operators"));
    }
    Ok(())
}

fn with_scalar(node: &mut Binary) -> Checked {
    if !node.matching.labels.is_empty() {
        return Err(Invalid::new(node.span, "vector matching only allowed between instant vectors"));
    }
    if is_filled(&node.matching) {
        return Err(Invalid::new(node.span, "filling in missing series only allowed between instant vectors"));
    }
    if node.op.is_set() {
        let message = format!("set operator {} not allowed in binary scalar expression", quoted(node.op.text()));
        return Err(Invalid::new(node.span, message));
    }
    node.matching = Matching::default();
    Ok(())
}

fn is_filled(matching: &Matching) -> bool {
    matching.fill_left.is_some() || matching.fill_right.is_some()
}

/// Where the operator stands, without the blanks before it.
fn operator(node: &Binary, text: &str) -> Span {
    let end = node.lhs.span().end as usize;
    let blanks = text.get(end..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len());
    Span::new(end + blanks, node.rhs.span().start as usize)
}

fn call(node: &mut Call, text: &str) -> Checked {
    count(node)?;
    let name = node.function.name;
    if name == "info" {
        info(node)?;
    }
    let context = format!("call to function {}", quoted(name));
    for (index, arg) in node.args.iter_mut().enumerate() {
        let Some(wanted) = node.function.arg(index) else { break };
        if name == "info" && index == 1 {
            continue;
        }
        expect(arg, wanted, &context, text)?;
    }
    Ok(())
}

fn count(node: &Call) -> Checked {
    let function = node.function;
    let (most, given) = (function.args.len(), node.args.len());
    let least = most - function.optional;
    let is_exact = function.optional == 0 && !function.variadic;
    let expected = match () {
        () if is_exact && given != most => format!("expected {most} argument(s)"),
        () if given < least => format!("expected at least {least} argument(s)"),
        () if given > most && !function.variadic => format!("expected at most {most} argument(s)"),
        () => return Ok(()),
    };
    let message = format!("{expected} in call to {}, got {given}", quoted(function.name));
    Err(Invalid::new(node.span, message))
}

/// The second argument of `info` says which labels are wanted. It may match everything, and names no metric.
fn info(node: &Call) -> Checked {
    let Some(labels) = node.args.get(1) else { return Ok(()) };
    let given = labels.value_type();
    if given != ValueType::Vector {
        let message = format!("expected type instant vector in call to function \"info\", got {given}");
        return Err(Invalid::new(node.span, message));
    }
    match labels {
        Expr::Vector(selector) if selector.name.is_none() => Ok(()),
        Expr::Vector(_) => {
            Err(Invalid::new(labels.span(), "expected label selectors only, got vector selector instead"))
        }
        _ => Err(Invalid::new(labels.span(), "expected label selectors only")),
    }
}

/// A selector must not select everything, as it would by a slip.
fn selector(node: &VectorSelector) -> Checked {
    let Some(name) = &node.name else {
        let is_narrow = node.matchers.iter().any(|matcher| !matcher.matches(""));
        let message = "vector selector must contain at least one non-empty matcher";
        return if is_narrow { Ok(()) } else { Err(Invalid::new(node.span, message)) };
    };
    let in_braces = &node.matchers[..node.matchers.len().saturating_sub(1)];
    match in_braces.iter().find(|matcher| *matcher.name == *NAME) {
        Some(other) => {
            let message = format!("metric name must not be set twice: {} or {}", quoted(name), quoted(&other.value));
            Err(Invalid::new(node.span, message))
        }
        None => Ok(()),
    }
}
