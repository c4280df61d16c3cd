//! What a query says. Parentheses are not kept where the shape of the tree says the same: [`super::print`] puts them back.

use crate::error::Position;

/// Where a node begins in the text. Trees that say the same are equal wherever they stand.
#[derive(Clone, Copy)]
pub(crate) struct At(pub Position);

impl PartialEq for At {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.0.line, self.0.column)
    }
}

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub pipeline: Pipeline,
    pub hints: Vec<Hint>,
}

/// `name = value` in `with(…)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hint {
    pub at: At,
    pub name: String,
    pub value: Static,
}

/// Stages that follow one another with `|`; never empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pipeline {
    pub at: At,
    pub stages: Vec<Stage>,
}

/// What stands between pipes. Spansets, numbers of spansets and metrics share one grammar of operators; [`super::check`]
/// says which may meet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    Filter(Filter),
    Binary(Box<Binary>),
    /// A pipeline of several stages in parentheses.
    Group(Box<Pipeline>),
    Literal(Literal),
    Aggregate(Aggregate),
    By(At, Box<Field>),
    Select(At, Vec<Field>),
    Coalesce(At),
    Metrics(Metrics),
    Rank(Rank),
}

impl Stage {
    pub fn at(&self) -> At {
        match self {
            Self::Filter(filter) => filter.at,
            Self::Binary(binary) => binary.at,
            Self::Group(pipeline) => pipeline.at,
            Self::Literal(literal) => literal.at,
            Self::Aggregate(aggregate) => aggregate.at,
            Self::By(at, _) | Self::Select(at, _) | Self::Coalesce(at) => *at,
            Self::Metrics(metrics) => metrics.at,
            Self::Rank(rank) => rank.at,
        }
    }
}

/// `{ … }`: spans for which the condition is true; all spans without one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    pub at: At,
    pub condition: Option<Field>,
}

/// Two stages joined by an operator, which stands at `at`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Binary {
    pub at: At,
    pub op: StageOp,
    pub left: Stage,
    pub right: Stage,
}

/// An operator between stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageOp {
    And,
    Or,
    Structural(Relation, Side),
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

/// How two spans of one trace stand to each other: the right one is the left one's …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Child,
    Descendant,
    Parent,
    Ancestor,
    Sibling,
}

/// Which spans a structural operator gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Those on the right that have one on the left.
    Right,
    /// Those on the right that have none on the left.
    RightWithout,
    /// Both.
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Eq,
    NotEq,
    Less,
    LessEq,
    Greater,
    GreaterEq,
    Matches,
    NotMatches,
}

impl Comparison {
    /// The operator that says the same with its sides exchanged; regular expressions stand on the right only.
    pub const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEq => Self::GreaterEq,
            Self::Greater => Self::Less,
            Self::GreaterEq => Self::LessEq,
            same => same,
        }
    }

    pub const fn is_regex(self) -> bool {
        matches!(self, Self::Matches | Self::NotMatches)
    }

    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Eq | Self::NotEq)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// A number of a spanset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    pub at: At,
    pub function: AggregateFunction,
    /// `None` of `count()`.
    pub argument: Option<Box<Field>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AggregateFunction {
    Count,
    Min,
    Max,
    Avg,
    Sum,
}

/// Spans to series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Metrics {
    pub at: At,
    pub function: MetricsFunction,
    pub by: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MetricsFunction {
    Rate,
    CountOverTime,
    MinOverTime(Box<Field>),
    MaxOverTime(Box<Field>),
    SumOverTime(Box<Field>),
    AvgOverTime(Box<Field>),
    HistogramOverTime(Box<Field>),
    QuantileOverTime(Box<Field>, Vec<Literal>),
    /// The selection, then how many values, then start and end of the selection in nanoseconds.
    Compare(Filter, Vec<Literal>),
}

/// `topk(n)`, `bottomk(n)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rank {
    pub at: At,
    pub is_top: bool,
    pub count: i64,
}

/// An expression over one span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Literal(Literal),
    Attribute(Attribute),
    Intrinsic(At, Intrinsic),
    Unary(At, UnaryOp, Box<Field>),
    Binary(At, FieldOp, Box<Field>, Box<Field>),
    /// `field != nil` if true, `field = nil` if false.
    Exists(At, bool, Box<Field>),
}

impl Field {
    pub fn at(&self) -> At {
        match self {
            Self::Literal(literal) => literal.at,
            Self::Attribute(attribute) => attribute.at,
            Self::Intrinsic(at, _) | Self::Unary(at, ..) | Self::Binary(at, ..) | Self::Exists(at, ..) => *at,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    pub at: At,
    pub value: Static,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UnaryOp {
    Not,
    Minus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FieldOp {
    And,
    Or,
    Compare(Comparison),
    Arithmetic(Arithmetic),
}

/// A value that stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Static {
    String(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    DurationNs(i64),
    Status(Status),
    Kind(Kind),
}

/// OTLP's `StatusCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Unset,
    Ok,
    Error,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Unset, Self::Ok, Self::Error];

    pub const fn code(self) -> i32 {
        match self {
            Self::Unset => 0,
            Self::Ok => 1,
            Self::Error => 2,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }

    /// The name of a stored code. OTLP calls codes that it does not define unset.
    pub fn name_of(code: i32) -> &'static str {
        Self::ALL.into_iter().find(|status| status.code() == code).unwrap_or(Self::Unset).name()
    }
}

/// OTLP's `SpanKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    pub const fn code(self) -> i32 {
        match self {
            Self::Unspecified => 0,
            Self::Internal => 1,
            Self::Server => 2,
            Self::Client => 3,
            Self::Producer => 4,
            Self::Consumer => 5,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// The name of a stored kind. OTLP calls kinds that it does not define unspecified.
    pub fn name_of(code: i32) -> &'static str {
        Self::ALL.into_iter().find(|kind| kind.code() == code).unwrap_or(Self::Unspecified).name()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub at: At,
    pub scope: Scope,
    /// That of the span's parent.
    pub of_parent: bool,
    pub name: String,
}

/// Where an attribute is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// The span, and where it lacks the attribute, its resource.
    Any,
    Span,
    Resource,
    Event,
    Link,
    Instrumentation,
}

impl Scope {
    pub const SCOPED: [Self; 5] = [Self::Span, Self::Resource, Self::Event, Self::Link, Self::Instrumentation];

    /// The word before the dot; nothing of [`Self::Any`].
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Span => "span",
            Self::Resource => "resource",
            Self::Event => "event",
            Self::Link => "link",
            Self::Instrumentation => "instrumentation",
        }
    }
}

/// What every span has without attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Intrinsic {
    Name,
    Status,
    StatusMessage,
    Kind,
    Duration,
    SpanId,
    ParentId,
    ChildCount,
    TraceId,
    TraceDuration,
    RootName,
    RootService,
    NestedSetLeft,
    NestedSetRight,
    NestedSetParent,
    Parent,
    EventName,
    EventTimeSinceStart,
    LinkTraceId,
    LinkSpanId,
    InstrumentationName,
    InstrumentationVersion,
}

impl Intrinsic {
    /// Each with its spellings; the first is the one that is printed and names it in answers.
    pub const SPELLINGS: [(Self, &'static [&'static str]); 22] = [
        (Self::Name, &["name", "span:name"]),
        (Self::Status, &["status", "span:status"]),
        (Self::StatusMessage, &["statusMessage", "span:statusMessage"]),
        (Self::Kind, &["kind", "span:kind"]),
        (Self::Duration, &["duration", "span:duration"]),
        (Self::SpanId, &["span:id"]),
        (Self::ParentId, &["span:parentID"]),
        (Self::ChildCount, &["span:childCount", "childCount"]),
        (Self::TraceId, &["trace:id"]),
        (Self::TraceDuration, &["traceDuration", "trace:duration"]),
        (Self::RootName, &["rootName", "trace:rootName"]),
        (Self::RootService, &["rootServiceName", "trace:rootService"]),
        (Self::NestedSetLeft, &["nestedSetLeft"]),
        (Self::NestedSetRight, &["nestedSetRight"]),
        (Self::NestedSetParent, &["nestedSetParent"]),
        (Self::Parent, &["parent"]),
        (Self::EventName, &["event:name"]),
        (Self::EventTimeSinceStart, &["event:timeSinceStart"]),
        (Self::LinkTraceId, &["link:traceID"]),
        (Self::LinkSpanId, &["link:spanID"]),
        (Self::InstrumentationName, &["instrumentation:name"]),
        (Self::InstrumentationVersion, &["instrumentation:version"]),
    ];

    pub fn parse(word: &str) -> Option<Self> {
        let is_word = |(_, spellings): &&(Self, &[&str])| spellings.contains(&word);
        Self::SPELLINGS.iter().find(is_word).map(|(intrinsic, _)| *intrinsic)
    }

    pub fn name(self) -> &'static str {
        let mine = Self::SPELLINGS.iter().find(|(intrinsic, _)| *intrinsic == self);
        mine.map_or("", |(_, spellings)| spellings[0])
    }
}
