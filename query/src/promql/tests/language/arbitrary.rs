//! Trees grown at random, as the parser makes them: types fit, and operands are in parentheses where they must be.

use proptest::prelude::*;

use crate::promql::function::{FUNCTIONS, Function};
use crate::promql::tree::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Cardinality, Expr, Matching, MatrixSelector, Number, Paren, Span,
    StringLiteral, Subquery, Unary, ValueType, VectorSelector,
};

/// Durations that are computed.
mod duration;
/// Names, matchers, and what stands behind them.
mod selector;

/// How deep trees become.
const DEPTH_MAX: usize = 5;
/// What binds more tightly than all operators.
const OPERAND: u8 = 7;
/// What a sign binds like.
const SIGNS: u8 = 5;

const LABELS: [&str; 9] = ["job", "le", "by", "bool", "a.b", "x y", "__name__", "ü", "on"];
const INCLUDED: [&str; 3] = ["version", "c.d", "group_left"];
const NUMBERS: [f64; 9] = [0.0, 1.0, 0.5, 1e100, 1e-7, 5.0, f64::INFINITY, f64::NAN, 9_007_199_254_740_993.0];

/// A vector, a scalar, a range or a string.
pub(in crate::promql) fn arbitrary_expr() -> impl Strategy<Value = Expr> {
    prop::collection::vec(any::<u32>(), 0..150).prop_map(|choices| {
        let mut grower = Grower { choices, next: 0, depth: 0 };
        match grower.pick(8) {
            0 => grower.string(),
            1 => grower.matrix(),
            2 | 3 => grower.scalar(Place::anywhere()),
            _ => grower.vector(Place::anywhere()),
        }
    })
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place {
    /// Operators must bind at least as tightly.
    lowest: u8,
    /// Signs may stand there.
    signs: bool,
}

impl Place {
    fn anywhere() -> Self {
        Self { lowest: 0, signs: true }
    }

    /// Left and right of an operator.
    fn sides(precedence: u8, to_the_right: bool) -> (Self, Self) {
        let left = if to_the_right { precedence + 1 } else { precedence };
        let right = if to_the_right { precedence } else { precedence + 1 };
        (Self { lowest: left, signs: left <= SIGNS }, Self { lowest: right, signs: true })
    }

    fn operand() -> Self {
        Self { lowest: OPERAND, signs: false }
    }
}

/// Grows a tree from choices; when they are used up it takes what is simplest.
struct Grower {
    choices: Vec<u32>,
    next: usize,
    depth: usize,
}

const SPAN: Span = Span { start: 0, end: 0 };

impl Grower {
    fn choice(&mut self) -> u32 {
        self.next += 1;
        self.choices.get(self.next - 1).copied().unwrap_or(0)
    }

    /// From 0 to `count`, exclusive.
    fn pick(&mut self, count: usize) -> usize {
        self.choice() as usize % count
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.pick(of.len())]
    }

    fn is_deep(&self) -> bool {
        self.depth >= DEPTH_MAX
    }

    fn deeper<T>(&mut self, grow: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let grown = grow(self);
        self.depth -= 1;
        grown
    }

    fn boxed(&mut self, grow: impl FnOnce(&mut Self) -> Expr) -> Box<Expr> {
        Box::new(self.deeper(grow))
    }

    fn of_type(&mut self, value_type: ValueType, place: Place) -> Expr {
        match value_type {
            ValueType::Scalar => self.scalar(place),
            ValueType::Vector => self.vector(place),
            ValueType::Matrix => self.matrix(),
            ValueType::String => self.string(),
        }
    }

    fn scalar(&mut self, place: Place) -> Expr {
        let kind = if self.is_deep() { 0 } else { self.pick(7) };
        match kind {
            0..=2 => Expr::Number(self.number(place.signs)),
            3 => self.call(ValueType::Scalar),
            4 => self.paren(ValueType::Scalar),
            5 if place.signs => self.unary(ValueType::Scalar),
            _ => self.binary(ValueType::Scalar, place),
        }
    }

    fn vector(&mut self, place: Place) -> Expr {
        let kind = if self.is_deep() { 0 } else { self.pick(9) };
        match kind {
            0..=2 => Expr::Vector(self.selector(true)),
            3 => self.call(ValueType::Vector),
            4 => self.paren(ValueType::Vector),
            5 => self.aggregate(),
            6 if place.signs => self.unary(ValueType::Vector),
            _ => self.binary(ValueType::Vector, place),
        }
    }

    fn matrix(&mut self) -> Expr {
        let kind = if self.is_deep() { 0 } else { self.pick(4) };
        match kind {
            0 | 1 => {
                let selector = self.selector(true);
                Expr::Matrix(MatrixSelector { span: SPAN, selector, range: self.positive_duration() })
            }
            2 => self.paren(ValueType::Matrix),
            _ => Expr::Subquery(Subquery {
                span: SPAN,
                operand: self.boxed(|grower| grower.vector(Place::operand())),
                range: self.positive_duration(),
                step: if self.pick(2) == 0 { None } else { Some(self.positive_duration()) },
                at: self.at(),
                offset: self.offset(false),
            }),
        }
    }

    fn string(&mut self) -> Expr {
        let value = match self.pick(3) {
            0 => self.one_of(&selector::VALUES).to_owned(),
            _ => (0..self.pick(5)).filter_map(|_| char::from_u32(self.choice() % 0x11_0000)).collect(),
        };
        Expr::String(StringLiteral { span: SPAN, value })
    }

    fn number(&mut self, signs: bool) -> Number {
        let duration = self.pick(4) == 1;
        let value = match self.pick(3) {
            _ if duration => f64::from(self.choice()) / 1e3,
            0 => self.one_of(&NUMBERS),
            1 => f64::from(self.choice()),
            _ => f64::from_bits(u64::from(self.choice()) << 32 | u64::from(self.choice())).abs(),
        };
        let negative = signs && self.pick(4) == 1;
        Number { span: SPAN, value: if negative { -value } else { value }, duration }
    }

    fn paren(&mut self, value_type: ValueType) -> Expr {
        let inner = self.boxed(|grower| grower.of_type(value_type, Place::anywhere()));
        Expr::Paren(Paren { span: SPAN, inner })
    }

    /// A sign before a number would become a part of it.
    fn unary(&mut self, value_type: ValueType) -> Expr {
        let negative = self.pick(2) == 0;
        let place = Place { lowest: SIGNS + 1, signs: true };
        let operand = self.boxed(|grower| grower.of_type(value_type, place));
        match *operand {
            Expr::Number(number) => Expr::Number(number),
            _ => Expr::Unary(Unary { span: SPAN, negative, operand }),
        }
    }

    fn binary(&mut self, value_type: ValueType, place: Place) -> Expr {
        let op = self.one_of(&OPS);
        let precedence = precedence(op);
        let is_scalar = value_type == ValueType::Scalar;
        if precedence < place.lowest || is_scalar && op.is_set() {
            return self.paren(value_type);
        }
        let (left, right) = Place::sides(precedence, op == BinaryOp::Pow);
        let (lhs, rhs) = match self.pick(4) {
            _ if is_scalar => (ValueType::Scalar, ValueType::Scalar),
            0 if !op.is_set() => (ValueType::Scalar, ValueType::Vector),
            1 if !op.is_set() => (ValueType::Vector, ValueType::Scalar),
            _ => (ValueType::Vector, ValueType::Vector),
        };
        let are_vectors = lhs == rhs && !is_scalar;
        Expr::Binary(Binary {
            span: SPAN,
            op,
            lhs: self.boxed(|grower| grower.of_type(lhs, left)),
            rhs: self.boxed(|grower| grower.of_type(rhs, right)),
            return_bool: op.is_comparison() && (is_scalar || self.pick(2) == 0),
            matching: if are_vectors { self.matching(op) } else { Matching::default() },
        })
    }

    fn matching(&mut self, op: BinaryOp) -> Matching {
        let on = self.pick(2) == 0;
        let mut matching = Matching { on, labels: self.labels(&LABELS), ..Matching::default() };
        if op.is_set() {
            matching.cardinality = Cardinality::ManyToMany;
            return matching;
        }
        matching.cardinality = self.one_of(&[Cardinality::OneToOne, Cardinality::ManyToOne, Cardinality::OneToMany]);
        if matching.cardinality != Cardinality::OneToOne {
            matching.include = self.labels(&INCLUDED);
        }
        matching.fill_left = (self.pick(3) == 1).then(|| self.number(true).value);
        matching.fill_right = (self.pick(3) == 1).then(|| self.number(true).value);
        matching
    }

    fn labels(&mut self, of: &[&str]) -> Vec<String> {
        (0..self.pick(3)).map(|_| self.one_of(of).to_owned()).collect()
    }

    fn aggregate(&mut self) -> Expr {
        let op = self.one_of(&AggregateOp::ALL);
        let param = op.has_param().then(|| {
            let wanted = if op == AggregateOp::CountValues { ValueType::String } else { ValueType::Scalar };
            self.boxed(|grower| grower.of_type(wanted, Place::anywhere()))
        });
        let operand = self.boxed(|grower| grower.vector(Place::anywhere()));
        let without = self.pick(3) == 1;
        Expr::Aggregate(Aggregate { span: SPAN, op, param, operand, without, grouping: self.labels(&LABELS) })
    }

    fn call(&mut self, returns: ValueType) -> Expr {
        let functions: Vec<&'static Function> =
            FUNCTIONS.iter().filter(|function| function.returns == returns).collect();
        let function = self.one_of(&functions);
        let most = if function.variadic { function.args.len() + 2 } else { function.args.len() };
        let least = function.args.len() - function.optional;
        let count = least + self.pick(most - least + 1);
        let args = (0..count).map(|index| {
            let wanted = function.arg(index).expect("an argument");
            self.deeper(|grower| match (function.name, index) {
                ("info", 1) => Expr::Vector(VectorSelector { name: None, ..grower.labels_only() }),
                _ => grower.of_type(wanted, Place::anywhere()),
            })
        });
        Expr::Call(Call { span: SPAN, function, args: args.collect() })
    }
}

const OPS: [BinaryOp; 18] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::Atan2,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessOrEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterOrEqual,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Unless,
    BinaryOp::TrimUpper,
    BinaryOp::TrimLower,
];

/// The ladder of Prometheus' grammar, from loose to tight.
fn precedence(op: BinaryOp) -> u8 {
    use BinaryOp::{Add, And, Atan2, Div, Mod, Mul, Or, Pow, Sub, Unless};
    match op {
        Or => 1,
        And | Unless => 2,
        Add | Sub => 4,
        Mul | Div | Mod | Atan2 => SIGNS,
        Pow => SIGNS + 1,
        _ => 3,
    }
}
