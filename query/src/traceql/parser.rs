//! Tokens to tree, by recursive descent.
//!
//! Stages and fields have one ladder of precedence, low to high: `|`; `&&` and `||`, which share a step; comparisons, and
//! between stages the structural operators; `+ -`; `!`; `* / %`; `^`, which goes to the right; unary `-`; `= nil`, `!= nil`.

/// Expressions inside `{ }` and in the arguments of functions.
mod field;
/// `rate()`, `compare(…)` and what follows them.
mod metrics;

use super::Invalid;
use super::lexer::{Kind, Token};
use super::tree::{
    Aggregate, AggregateFunction, Arithmetic, At, Binary, Comparison, Field, Filter, Hint, Literal, Pipeline, Query,
    Rank, Relation, Side, Stage, StageOp, Static,
};

/// How deeply a query may nest. Every later stage walks the tree recursively, so this bounds the stack.
const NESTING_MAX: usize = 64;
/// How many operators a query may have, pipes and commas among them: a chain of operators makes a tree as deep as it is long.
const OPERATORS_MAX: usize = 500;
/// How many regular expressions a query may have; each may take [`super::check::REGEX_BYTES_MAX`].
const REGEXES_MAX: usize = 50;

/// # Errors
/// The first token that does not fit, and what was expected.
pub(super) fn parse(tokens: &[Token]) -> Result<Query, Invalid> {
    let mut parser = Parser { tokens, next: 0, nesting: 0, operators: 0, regexes: 0 };
    let pipeline = parser.pipeline()?;
    let mut hints = Vec::new();
    while parser.take_word("with") {
        parser.hints(&mut hints)?;
    }
    match parser.peek() {
        Kind::End => Ok(Query { pipeline, hints }),
        _ => Err(parser.unexpected("an operator, `|` or the end")),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    nesting: usize,
    operators: usize,
    regexes: usize,
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn peek(&self) -> &Kind {
        &self.token().kind
    }

    fn peek_at(&self, offset: usize) -> &Kind {
        &self.tokens[(self.next + offset).min(self.tokens.len() - 1)].kind
    }

    fn at(&self) -> At {
        At(self.token().position)
    }

    fn unexpected(&self, expected: &str) -> Invalid {
        Invalid::new(self.token().position, format!("unexpected {}, expected {expected}", self.peek()))
    }

    fn take(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Kind::Symbol(next) if *next == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Kind::Word(next) if next == word);
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Invalid> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn symbol(&self) -> Option<&'static str> {
        match self.peek() {
            Kind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Invalid>) -> Result<T, Invalid> {
        if self.nesting == NESTING_MAX {
            let message = format!("the query nests more than {NESTING_MAX} deep");
            return Err(Invalid::new(self.token().position, message));
        }
        self.nesting += 1;
        let parsed = parse(self);
        self.nesting -= 1;
        parsed
    }

    /// Takes an operator, and counts it.
    fn operator(&mut self) -> Result<At, Invalid> {
        let at = self.at();
        self.next += 1;
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(Invalid::new(at.0, format!("the query has more than {OPERATORS_MAX} operators")));
        }
        Ok(at)
    }

    /// Takes a comma, if there is one, and counts it as an operator.
    fn comma(&mut self) -> Result<bool, Invalid> {
        let is_next = self.symbol() == Some(",");
        if is_next {
            self.operator()?;
        }
        Ok(is_next)
    }

    fn count_regex(&mut self, at: At) -> Result<(), Invalid> {
        self.regexes += 1;
        match self.regexes > REGEXES_MAX {
            true => Err(Invalid::new(at.0, format!("the query has more than {REGEXES_MAX} regular expressions"))),
            false => Ok(()),
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, Invalid> {
        let at = self.at();
        let mut stages = vec![self.stage(0)?];
        while matches!(self.peek(), Kind::Symbol("|")) {
            self.operator()?;
            stages.push(self.stage(0)?);
        }
        Ok(Pipeline { at, stages })
    }

    /// Operands and operators of at least this precedence.
    fn stage(&mut self, precedence_min: u8) -> Result<Stage, Invalid> {
        self.nested(|parser| {
            let mut left = parser.operand()?;
            while let Some((op, precedence)) = parser.symbol().and_then(stage_op) {
                if precedence < precedence_min {
                    break;
                }
                let at = parser.operator()?;
                let right = parser.stage(right_precedence(precedence))?;
                let op = between(op, &left, &right);
                left = Stage::Binary(Box::new(Binary { at, op, left, right }));
            }
            Ok(left)
        })
    }

    fn operand(&mut self) -> Result<Stage, Invalid> {
        const EXPECTED: &str = "`{`, `(`, a number or a function";
        let at = self.at();
        match self.peek().clone() {
            Kind::Symbol("{") => self.filter().map(Stage::Filter),
            Kind::Symbol("(") => self.parenthesised(),
            Kind::Word(word) if matches!(self.peek_at(1), Kind::Symbol("(")) => {
                self.next += 2;
                let stage = self.function(at, &word)?;
                stage.ok_or_else(|| Invalid::new(at.0, format!("unknown function `{word}`")))
            }
            _ => match self.literal()? {
                Some(value) => Ok(Stage::Literal(Literal { at, value })),
                None => Err(self.unexpected(EXPECTED)),
            },
        }
    }

    fn filter(&mut self) -> Result<Filter, Invalid> {
        let at = self.at();
        self.expect("{")?;
        if self.take("}") {
            return Ok(Filter { at, condition: None });
        }
        let condition = Some(self.field(0)?);
        match self.take("}") {
            true => Ok(Filter { at, condition }),
            false => Err(self.unexpected("an operator or `}`")),
        }
    }

    fn parenthesised(&mut self) -> Result<Stage, Invalid> {
        self.expect("(")?;
        let mut pipeline = self.pipeline()?;
        if !self.take(")") {
            return Err(self.unexpected("an operator, `|` or `)`"));
        }
        match (pipeline.stages.pop(), pipeline.stages.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                pipeline.stages.extend(last);
                Ok(Stage::Group(Box::new(pipeline)))
            }
        }
    }

    /// The function whose name and opening parenthesis were read; `None` if there is none of this name.
    fn function(&mut self, at: At, name: &str) -> Result<Option<Stage>, Invalid> {
        Ok(Some(match name {
            "count" => self.aggregate(at, AggregateFunction::Count)?,
            "min" => self.aggregate(at, AggregateFunction::Min)?,
            "max" => self.aggregate(at, AggregateFunction::Max)?,
            "avg" => self.aggregate(at, AggregateFunction::Avg)?,
            "sum" => self.aggregate(at, AggregateFunction::Sum)?,
            "by" => {
                let field = self.field(0)?;
                self.expect(")")?;
                Stage::By(at, Box::new(field))
            }
            "select" => Stage::Select(at, self.fields()?),
            "coalesce" => {
                self.expect(")")?;
                Stage::Coalesce(at)
            }
            "topk" | "bottomk" => {
                let count = self.integer()?;
                self.expect(")")?;
                Stage::Rank(Rank { at, is_top: name == "topk", count })
            }
            _ => return self.metrics(at, name).map(|metrics| metrics.map(Stage::Metrics)),
        }))
    }

    fn aggregate(&mut self, at: At, function: AggregateFunction) -> Result<Stage, Invalid> {
        let argument = match function {
            AggregateFunction::Count => None,
            _ => Some(Box::new(self.field(0)?)),
        };
        self.expect(")")?;
        Ok(Stage::Aggregate(Aggregate { at, function, argument }))
    }

    /// One or more fields, then `)`.
    fn fields(&mut self) -> Result<Vec<Field>, Invalid> {
        let mut fields = vec![self.field(0)?];
        while self.comma()? {
            fields.push(self.field(0)?);
        }
        self.expect(")")?;
        Ok(fields)
    }

    fn integer(&mut self) -> Result<i64, Invalid> {
        match *self.peek() {
            Kind::Int(number) => {
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.unexpected("a whole number")),
        }
    }

    fn hints(&mut self, hints: &mut Vec<Hint>) -> Result<(), Invalid> {
        self.expect("(")?;
        loop {
            let at = self.at();
            let Kind::Word(name) = self.peek().clone() else { return Err(self.unexpected("the name of a hint")) };
            self.next += 1;
            if self.symbol() != Some("=") {
                return Err(self.unexpected("`=`"));
            }
            self.operator()?;
            let value = self.literal()?.ok_or_else(|| self.unexpected("a value"))?;
            hints.push(Hint { at, name, value });
            if !self.comma()? {
                return self.expect(")");
            }
        }
    }

    /// A value, also a negative number.
    fn literal(&mut self) -> Result<Option<Static>, Invalid> {
        if matches!(self.peek(), Kind::Symbol("-")) {
            let negative = match *self.peek_at(1) {
                Kind::Int(number) => Static::Int(-number),
                Kind::Float(number) => Static::Float(-number),
                Kind::DurationNs(nanos) => Static::DurationNs(-nanos),
                _ => return Ok(None),
            };
            self.operator()?;
            self.next += 1;
            return Ok(Some(negative));
        }
        let value = field::value(self.peek());
        self.next += usize::from(value.is_some());
        Ok(value)
    }
}

/// Left-associative but for `^`, whose step is [`POWER`].
fn right_precedence(precedence: u8) -> u8 {
    if precedence == POWER { POWER } else { precedence + 1 }
}

const LOGIC: u8 = 1;
const COMPARE: u8 = 2;
const SUM: u8 = 3;
const NOT: u8 = 4;
const PRODUCT: u8 = 5;
const POWER: u8 = 6;
const MINUS: u8 = 7;

/// The step of an operator between stages; shared with the printer.
pub(super) fn stage_precedence(op: StageOp) -> u8 {
    match op {
        StageOp::And | StageOp::Or => LOGIC,
        StageOp::Structural(..) | StageOp::Compare(_) => COMPARE,
        StageOp::Arithmetic(op) => arithmetic_precedence(op),
    }
}

pub(super) fn arithmetic_precedence(op: Arithmetic) -> u8 {
    match op {
        Arithmetic::Add | Arithmetic::Subtract => SUM,
        Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => PRODUCT,
        Arithmetic::Power => POWER,
    }
}

pub(super) use field::{field_precedence, unary_precedence};

fn stage_op(symbol: &str) -> Option<(StageOp, u8)> {
    let op = match symbol {
        "&&" => StageOp::And,
        "||" => StageOp::Or,
        _ => match structural(symbol) {
            Some((relation, side)) => StageOp::Structural(relation, side),
            None => match comparison(symbol) {
                Some(op) if !op.is_regex() => StageOp::Compare(op),
                _ => StageOp::Arithmetic(arithmetic(symbol)?),
            },
        },
    };
    Some((op, stage_precedence(op)))
}

/// `<` and `>` between spansets are structural, between numbers comparisons.
fn between(op: StageOp, left: &Stage, right: &Stage) -> StageOp {
    let relation = match op {
        StageOp::Compare(Comparison::Greater) => Relation::Child,
        StageOp::Compare(Comparison::Less) => Relation::Parent,
        other => return other,
    };
    if gives_spans(left) && gives_spans(right) { StageOp::Structural(relation, Side::Right) } else { op }
}

fn gives_spans(stage: &Stage) -> bool {
    match stage {
        Stage::Filter(_) | Stage::By(..) | Stage::Select(..) | Stage::Coalesce(_) => true,
        Stage::Binary(binary) => matches!(binary.op, StageOp::And | StageOp::Or | StageOp::Structural(..)),
        // `… | count() > 1` gives the spansets of which it is true.
        Stage::Group(pipeline) => pipeline.stages.last().is_some_and(|last| match last {
            Stage::Binary(binary) => !matches!(binary.op, StageOp::Arithmetic(_)),
            other => gives_spans(other),
        }),
        Stage::Literal(_) | Stage::Aggregate(_) | Stage::Metrics(_) | Stage::Rank(_) => false,
    }
}

/// All but `<` and `>`, see [`between`].
fn structural(symbol: &str) -> Option<(Relation, Side)> {
    let (side, relation) = match symbol.strip_prefix('!') {
        Some(relation) => (Side::RightWithout, relation),
        None => match symbol.strip_prefix('&') {
            Some(relation) => (Side::Both, relation),
            None => (Side::Right, symbol),
        },
    };
    let relation = match relation {
        ">" => Relation::Child,
        ">>" => Relation::Descendant,
        "<" => Relation::Parent,
        "<<" => Relation::Ancestor,
        "~" => Relation::Sibling,
        _ => return None,
    };
    let is_comparison = side == Side::Right && matches!(relation, Relation::Child | Relation::Parent);
    (!is_comparison).then_some((relation, side))
}

fn comparison(symbol: &str) -> Option<Comparison> {
    Some(match symbol {
        "=" => Comparison::Eq,
        "!=" => Comparison::NotEq,
        "<" => Comparison::Less,
        "<=" => Comparison::LessEq,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterEq,
        "=~" => Comparison::Matches,
        "!~" => Comparison::NotMatches,
        _ => return None,
    })
}

fn arithmetic(symbol: &str) -> Option<Arithmetic> {
    Some(match symbol {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        "%" => Arithmetic::Remainder,
        "^" => Arithmetic::Power,
        _ => return None,
    })
}
