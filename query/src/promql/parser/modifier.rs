//! What stands behind an operand: ranges, subqueries, `offset`, `@`, `anchored` and `smoothed`.

use super::duration::DURATIONS;
use super::{Invalid, Parsed, Parser};
use crate::promql::lexer::{Kind, Token, Word};
use crate::promql::tree::{At, Duration, Edges, Expr, MatrixSelector, Span, Subquery};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Parsed {
        let mut expr = self.primary()?;
        loop {
            match self.peek() {
                Kind::LeftBracket => expr = self.bracket(expr)?,
                Kind::Word(Word::Offset) => self.offset(&mut expr)?,
                Kind::At => self.at(&mut expr)?,
                Kind::Word(Word::Anchored) => self.edges(&mut expr, Edges::Anchored)?,
                Kind::Word(Word::Smoothed) => self.edges(&mut expr, Edges::Smoothed)?,
                _ => return Ok(expr),
            }
        }
    }

    /// `[range]` or `[range:step]`.
    fn bracket(&mut self, operand: Expr) -> Parsed {
        let open = self.bump().span;
        let height = self.height;
        let range = self.positive_duration("subquery or range selector", DURATIONS)?;
        self.grow(height, open)?;
        match self.peek() {
            Kind::RightBracket => self.range(operand, range, open),
            Kind::Colon => self.subquery(operand, range),
            _ => Err(self.unexpected("subquery or range", "\":\" or \"]\"")),
        }
    }

    fn range(&mut self, operand: Expr, range: Duration, open: Span) -> Parsed {
        let close = self.bump().span;
        let invalid = |message: &str| Err(Invalid::new(open.to(close), message));
        match operand {
            Expr::Vector(selector) if selector.offset.is_some() => invalid("no offset modifiers allowed before range"),
            Expr::Vector(selector) if selector.at.is_some() => invalid("no @ modifiers allowed before range"),
            Expr::Vector(selector) => {
                Ok(Expr::Matrix(MatrixSelector { span: selector.span.to(close), selector, range }))
            }
            _ => invalid("ranges only allowed for vector selectors"),
        }
    }

    fn subquery(&mut self, operand: Expr, range: Duration) -> Parsed {
        self.bump();
        let mut step = None;
        if self.peek() != Kind::RightBracket {
            step = Some(self.positive_duration("subquery selector", "number, duration, step(), range(), or \"]\"")?);
        }
        let close = self.expect(Kind::RightBracket, "subquery selector", "\"]\"")?.span;
        let span = operand.span().to(close);
        Ok(Expr::Subquery(Subquery { span, operand: Box::new(operand), range, step, offset: None, at: None }))
    }

    fn offset(&mut self, expr: &mut Expr) -> Parsed<()> {
        self.bump();
        let offset = self.offset_duration()?;
        let end = self.tokens[self.next - 1].span;
        let Some(Behind { span, offset: held, .. }) = Behind::of(expr) else {
            let message = "offset modifier must be preceded by an instant vector selector or range vector selector or a \
                           subquery";
            return Err(Invalid::new(expr.span(), message));
        };
        if held.is_some() {
            return Err(Invalid::new(*span, "offset may not be set multiple times"));
        }
        *held = (offset != Duration::Literal(0)).then_some(offset);
        span.end = end.end;
        Ok(())
    }

    fn at(&mut self, expr: &mut Expr) -> Parsed<()> {
        self.bump();
        let at = self.at_time(expr.span())?;
        let end = self.tokens[self.next - 1].span;
        let Some(Behind { span, at: held, .. }) = Behind::of(expr) else {
            let message = "@ modifier must be preceded by an instant vector selector or range vector selector or a \
                           subquery";
            return Err(Invalid::new(expr.span(), message));
        };
        if held.is_some() {
            return Err(Invalid::new(*span, "@ <timestamp> may not be set multiple times"));
        }
        *held = Some(at);
        span.end = end.end;
        Ok(())
    }

    /// A time in seconds, `start()` or `end()`.
    fn at_time(&mut self, operand: Span) -> Parsed<At> {
        let at = match self.peek() {
            Kind::Word(Word::Start) => At::Start,
            Kind::Word(Word::End) => At::End,
            _ => {
                let seconds = self.signed_number("@", "timestamp")?;
                return milliseconds(seconds, operand).map(At::Time);
            }
        };
        self.bump();
        self.expect(Kind::LeftParen, "@", "timestamp")?;
        self.expect(Kind::RightParen, "@", "timestamp")?;
        Ok(at)
    }

    fn edges(&mut self, expr: &mut Expr, edges: Edges) -> Parsed<()> {
        let Token { span: word, .. } = self.bump();
        let word = self.text_of(word).to_ascii_lowercase();
        let invalid = |message: String| Err(Invalid::new(expr.span(), message));
        if !self.options.extended_range_selectors {
            return invalid(format!("{word} modifier is experimental and not enabled"));
        }
        let span = expr.span();
        let selector = match expr {
            Expr::Vector(selector) => selector,
            Expr::Matrix(matrix) => &mut matrix.selector,
            Expr::Subquery(_) => return invalid(format!("{word} modifier is not supported for subqueries")),
            _ => return invalid(format!("{word} modifier not implemented")),
        };
        if selector.edges != Edges::Plain && selector.edges != edges {
            return Err(Invalid::new(span, "anchored and smoothed modifiers cannot be used together"));
        }
        selector.edges = edges;
        Ok(())
    }
}

/// What `offset` and `@` behind an expression set.
struct Behind<'a> {
    span: &'a mut Span,
    offset: &'a mut Option<Duration>,
    at: &'a mut Option<At>,
}

impl<'a> Behind<'a> {
    fn of(expr: &'a mut Expr) -> Option<Self> {
        match expr {
            Expr::Vector(node) => Some(Self { span: &mut node.span, offset: &mut node.offset, at: &mut node.at }),
            Expr::Matrix(MatrixSelector { span, selector, .. }) => {
                Some(Self { span, offset: &mut selector.offset, at: &mut selector.at })
            }
            Expr::Subquery(node) => Some(Self { span: &mut node.span, offset: &mut node.offset, at: &mut node.at }),
            _ => None,
        }
    }
}

fn milliseconds(seconds: f64, operand: Span) -> Parsed<i64> {
    let is_in_range = seconds.is_finite() && seconds.abs() < i64::MAX as f64;
    if !is_in_range {
        let message = format!("timestamp out of bounds for @ modifier: {}", fixed(seconds));
        return Err(Invalid::new(operand, message));
    }
    Ok((seconds * 1e3).round() as i64)
}

/// As C prints `%f`.
fn fixed(value: f64) -> String {
    if value.is_finite() { format!("{value:.6}") } else { super::number::text(value) }
}
