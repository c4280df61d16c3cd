//! `key=value key="a value"` to TraceQL: every tag must be somewhere in the trace's spans, all of them on one span.
//!
//! Tags do not say of what type a value is, so that a value that reads as a number or a truth is looked for as that as well.

use crate::error::Position;
use crate::error::QueryError;
use crate::traceql::tree::{
    At, Attribute, Comparison, Field, FieldOp, Filter, Intrinsic, Literal, Scope, Static, Status,
};

/// Tags that were read at most.
const TAGS_MAX: usize = 64;
/// Nodes are made here and stand nowhere in a text.
const AT: At = At(Position { line: 1, column: 1 });

/// The query that asks for tags in logfmt.
///
/// # Errors
/// A text that is no logfmt, and too many tags.
pub(crate) fn query(tags: &str) -> Result<String, QueryError> {
    query_of(pairs(tags)?)
}

/// The query that asks for tags.
///
/// # Errors
/// There are too many, or one has no name.
pub(crate) fn query_of(pairs: Vec<(String, String)>) -> Result<String, QueryError> {
    if pairs.iter().any(|(key, _)| key.is_empty()) {
        return Err(QueryError::BadRequest("invalid tags: one has no name".to_owned()));
    }
    if pairs.len() > TAGS_MAX {
        return Err(QueryError::BadRequest(format!("invalid tags: there are {}, the most is {TAGS_MAX}", pairs.len())));
    }
    let conditions = pairs.into_iter().map(|(key, value)| condition(&key, value));
    let condition = conditions.reduce(|all, one| joined(FieldOp::And, all, one));
    Ok(Filter { at: AT, condition }.to_string())
}

fn condition(key: &str, value: String) -> Field {
    let intrinsic = match key {
        "name" => Some(Intrinsic::Name),
        "root.name" => Some(Intrinsic::RootName),
        "root.service.name" => Some(Intrinsic::RootService),
        _ => None,
    };
    if let Some(intrinsic) = intrinsic {
        return equals(Field::Intrinsic(AT, intrinsic), Static::String(value));
    }
    let status = match (key, value.as_str()) {
        ("status" | "status.code", name) => Status::ALL.into_iter().find(|status| status.name() == name),
        ("error", "true") => Some(Status::Error),
        _ => None,
    };
    let attribute =
        || Field::Attribute(Attribute { at: AT, scope: Scope::Any, of_parent: false, name: key.to_owned() });
    let typed = typed(&value);
    let mut condition = equals(attribute(), Static::String(value));
    if let Some(typed) = typed {
        condition = joined(FieldOp::Or, condition, equals(attribute(), typed));
    }
    match status {
        Some(status) => {
            joined(FieldOp::Or, condition, equals(Field::Intrinsic(AT, Intrinsic::Status), Static::Status(status)))
        }
        None => condition,
    }
}

fn typed(value: &str) -> Option<Static> {
    let int = value.parse().ok().map(Static::Int);
    let float = || value.parse().ok().filter(|number: &f64| number.is_finite()).map(Static::Float);
    int.or_else(|| value.parse().ok().map(Static::Bool)).or_else(float)
}

fn equals(field: Field, value: Static) -> Field {
    joined(FieldOp::Compare(Comparison::Eq), field, Field::Literal(Literal { at: AT, value }))
}

fn joined(op: FieldOp, left: Field, right: Field) -> Field {
    Field::Binary(AT, op, Box::new(left), Box::new(right))
}

/// The pairs of a logfmt text. A key without a value asks for the empty text.
fn pairs(text: &str) -> Result<Vec<(String, String)>, QueryError> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if key.is_empty() || key.contains('"') {
            return Err(QueryError::BadRequest(format!("invalid tags: expected key=value at {rest:?}")));
        }
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after)?,
            None => (String::new(), after),
        };
        pairs.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// A value up to a blank, or quoted, and what follows it.
fn value(text: &str) -> Result<(String, &str), QueryError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &quoted[i + 1..])),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    Err(QueryError::BadRequest("invalid tags: a quoted value has no end".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tags: &str, expected: &str) {
        assert_eq!(query(tags).unwrap(), expected, "{tags}");
    }

    #[test]
    fn tags_become_a_condition_on_one_span() {
        check("http.method=GET", r#"{ .http.method = "GET" }"#);
        check(r#"a="b c"  d="\"""#, r#"{ .a = "b c" && .d = "\"" }"#);
        check("http.status_code=500", r#"{ .http.status_code = "500" || .http.status_code = 500 }"#);
        check("x=true y=1", r#"{ (.x = "true" || .x = true) && (.y = "1" || .y = 1) }"#);
        check("name=a root.name=b", r#"{ name = "a" && rootName = "b" }"#);
        check("error=true", r#"{ .error = "true" || .error = true || status = error }"#);
    }

    #[test]
    fn what_is_no_logfmt_is_refused() {
        for tags in ["=a", r#"a="b"#, r#""a"=b"#] {
            assert!(query(tags).is_err(), "{tags}");
        }
    }
}
