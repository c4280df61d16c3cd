//! Tree to text. What is printed reads back as the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::parser::{field_precedence, stage_precedence, unary_precedence};
use super::tree::{
    Aggregate, AggregateFunction, Arithmetic, Attribute, Comparison, Field, FieldOp, Filter, Intrinsic, Literal,
    Metrics, MetricsFunction, Pipeline, Query, Rank, Relation, Scope, Side, Stage, StageOp, Static, UnaryOp,
};

/// The step of what needs no parentheses anywhere.
const OPERAND: u8 = u8::MAX;
/// Units of durations, the greatest first.
const UNITS_NS: [(&str, i64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.pipeline.fmt(f)?;
        if self.hints.is_empty() {
            return Ok(());
        }
        f.write_str(" with(")?;
        for (i, hint) in self.hints.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{}={}", hint.name, hint.value)?;
        }
        f.write_char(')')
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        list(f, &self.stages, " | ")
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// In parentheses if it binds less tightly than its place asks for.
fn bound(f: &mut Formatter<'_>, item: &impl Display, precedence: u8, precedence_min: u8) -> fmt::Result {
    if precedence < precedence_min { write!(f, "({item})") } else { item.fmt(f) }
}

/// What the left and the right operand of an operator must at least bind like.
fn sides(precedence: u8, goes_right: bool) -> (u8, u8) {
    if goes_right { (precedence + 1, precedence) } else { (precedence, precedence + 1) }
}

/// `&&` and `||` share a step, which few people expect: where they meet, parentheses say which is which.
fn mixes_logic((and, or): (bool, bool), (inner_and, inner_or): (bool, bool)) -> bool {
    (and && inner_or) || (or && inner_and)
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(filter) => filter.fmt(f),
            Self::Group(pipeline) => write!(f, "({pipeline})"),
            Self::Literal(literal) => literal.fmt(f),
            Self::Aggregate(aggregate) => aggregate.fmt(f),
            Self::By(_, field) => write!(f, "by({field})"),
            Self::Select(_, fields) => call(f, "select", fields),
            Self::Coalesce(_) => f.write_str("coalesce()"),
            Self::Metrics(metrics) => metrics.fmt(f),
            Self::Rank(rank) => rank.fmt(f),
            Self::Binary(binary) => {
                let (left, right) =
                    sides(stage_precedence(binary.op), binary.op == StageOp::Arithmetic(Arithmetic::Power));
                let mixes = matches!(&binary.left, Stage::Binary(inner) if mixes_logic(
                    (binary.op == StageOp::And, binary.op == StageOp::Or),
                    (inner.op == StageOp::And, inner.op == StageOp::Or),
                ));
                bound(f, &binary.left, precedence_of(&binary.left), left + u8::from(mixes))?;
                write!(f, " {} ", binary.op)?;
                bound(f, &binary.right, precedence_of(&binary.right), right)
            }
        }
    }
}

fn precedence_of(stage: &Stage) -> u8 {
    match stage {
        Stage::Binary(binary) => stage_precedence(binary.op),
        _ => OPERAND,
    }
}

fn call(f: &mut Formatter<'_>, name: &str, arguments: &[Field]) -> fmt::Result {
    write!(f, "{name}(")?;
    list(f, arguments, ", ")?;
    f.write_char(')')
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.condition {
            None => f.write_str("{ }"),
            Some(condition) => write!(f, "{{ {condition} }}"),
        }
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = match self.function {
            AggregateFunction::Count => "count",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::Avg => "avg",
            AggregateFunction::Sum => "sum",
        };
        call(f, name, self.argument.as_deref().map(std::slice::from_ref).unwrap_or_default())
    }
}

impl Display for Metrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let over = |f: &mut Formatter<'_>, name: &str, field: &Field| write!(f, "{name}_over_time({field})");
        match &self.function {
            MetricsFunction::Rate => f.write_str("rate()")?,
            MetricsFunction::CountOverTime => f.write_str("count_over_time()")?,
            MetricsFunction::MinOverTime(field) => over(f, "min", field)?,
            MetricsFunction::MaxOverTime(field) => over(f, "max", field)?,
            MetricsFunction::SumOverTime(field) => over(f, "sum", field)?,
            MetricsFunction::AvgOverTime(field) => over(f, "avg", field)?,
            MetricsFunction::HistogramOverTime(field) => over(f, "histogram", field)?,
            MetricsFunction::QuantileOverTime(field, quantiles) => {
                write!(f, "quantile_over_time({field}")?;
                quantiles.iter().try_for_each(|quantile| write!(f, ", {quantile}"))?;
                f.write_char(')')?;
            }
            MetricsFunction::Compare(selection, more) => {
                write!(f, "compare({selection}")?;
                more.iter().try_for_each(|literal| write!(f, ", {literal}"))?;
                f.write_char(')')?;
            }
        }
        if self.by.is_empty() {
            return Ok(());
        }
        f.write_char(' ')?;
        call(f, "by", &self.by)
    }
}

impl Display for Rank {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", if self.is_top { "topk" } else { "bottomk" }, self.count)
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::Attribute(attribute) => attribute.fmt(f),
            Self::Intrinsic(_, intrinsic) => intrinsic.fmt(f),
            Self::Unary(_, op, operand) => unary(f, *op, operand),
            Self::Binary(_, op, left, right) => {
                let (for_left, for_right) = sides(field_precedence(*op), *op == FieldOp::Arithmetic(Arithmetic::Power));
                let mixes = matches!(&**left, Self::Binary(_, inner, ..) if mixes_logic(
                    (*op == FieldOp::And, *op == FieldOp::Or),
                    (*inner == FieldOp::And, *inner == FieldOp::Or),
                ));
                bound(f, left, field_precedence_of(left), for_left + u8::from(mixes))?;
                write!(f, " {op} ")?;
                bound(f, right, field_precedence_of(right), for_right)
            }
            Self::Exists(_, exists, operand) => {
                bound(f, operand, if is_operand(operand) { OPERAND } else { 0 }, OPERAND)?;
                f.write_str(if *exists { " != nil" } else { " = nil" })
            }
        }
    }
}

/// A number behind a minus sign would read as a negative number, so it gets parentheses.
fn unary(f: &mut Formatter<'_>, op: UnaryOp, operand: &Field) -> fmt::Result {
    f.write_char(if op == UnaryOp::Not { '!' } else { '-' })?;
    match (op, operand) {
        (UnaryOp::Minus, Field::Literal(_) | Field::Exists(..)) => write!(f, "({operand})"),
        (UnaryOp::Not, Field::Unary(..)) => operand.fmt(f),
        _ => bound(f, operand, field_precedence_of(operand), unary_precedence(op)),
    }
}

fn is_operand(field: &Field) -> bool {
    matches!(field, Field::Literal(_) | Field::Attribute(_) | Field::Intrinsic(..))
}

fn field_precedence_of(field: &Field) -> u8 {
    match field {
        Field::Binary(_, op, ..) => field_precedence(*op),
        Field::Unary(_, op, _) => unary_precedence(*op),
        _ => OPERAND,
    }
}

impl Display for Attribute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.of_parent {
            f.write_str("parent")?;
            if self.scope != Scope::Any {
                f.write_char('.')?;
            }
        }
        write!(f, "{}.", self.scope.word())?;
        if !self.needs_quotes() {
            return f.write_str(&self.name);
        }
        f.write_char('"')?;
        for c in self.name.chars() {
            if matches!(c, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('"')
    }
}

impl Attribute {
    fn needs_quotes(&self) -> bool {
        let is_special = |c: char| c.is_whitespace() || "{}()=~!<>&|^,\"\\".contains(c);
        let reads_as_scope = self.of_parent && ["span.", "resource."].iter().any(|scope| self.name.starts_with(scope));
        let reads_as_number = self.scope == Scope::Any && self.name.starts_with(|c: char| c.is_ascii_digit());
        reads_as_scope || reads_as_number || self.name.contains(is_special)
    }
}

impl Display for Intrinsic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl Display for Static {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => quoted(f, text),
            Self::Int(i64::MIN) => f.write_str("minInt"),
            Self::Int(number) => number.fmt(f),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Bool(truth) => truth.fmt(f),
            Self::DurationNs(nanos) => duration(f, *nanos),
            Self::Status(status) => f.write_str(status.name()),
            Self::Kind(kind) => f.write_str(kind.name()),
        }
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// In the greatest unit of which it is a whole number.
fn duration(f: &mut Formatter<'_>, nanos: i64) -> fmt::Result {
    let fits = UNITS_NS.into_iter().find(|(_, unit_ns)| nanos % unit_ns == 0 && nanos != 0);
    let (unit, unit_ns) = fits.unwrap_or(("s", 1_000_000_000));
    write!(f, "{}{unit}", nanos / unit_ns)
}

impl Display for StageOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And => f.write_str("&&"),
            Self::Or => f.write_str("||"),
            Self::Compare(op) => op.fmt(f),
            Self::Arithmetic(op) => op.fmt(f),
            Self::Structural(relation, side) => {
                f.write_str(match side {
                    Side::Right => "",
                    Side::RightWithout => "!",
                    Side::Both => "&",
                })?;
                f.write_str(match relation {
                    Relation::Child => ">",
                    Relation::Descendant => ">>",
                    Relation::Parent => "<",
                    Relation::Ancestor => "<<",
                    Relation::Sibling => "~",
                })
            }
        }
    }
}

impl Display for FieldOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And => f.write_str("&&"),
            Self::Or => f.write_str("||"),
            Self::Compare(op) => op.fmt(f),
            Self::Arithmetic(op) => op.fmt(f),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "=",
            Self::NotEq => "!=",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        })
    }
}

impl Display for Arithmetic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
        })
    }
}
