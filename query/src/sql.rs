//! SQL: read-only, one statement, over the tables of one tenant.
//!
//! Stages: [`parse`] (text to statement), [`plan`] (statement to logical plan, refusals), then the session runs it.

/// Rows as JSON.
mod json;

pub(crate) use json::{Column, columns, row};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, TokenizerError};

use crate::error::{Position, QueryError};
use crate::session::{Batches, Session};

/// The longest text that is parsed.
pub(crate) const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Words and operators that a statement may have. Parsing turns a chain of operators into a tree as deep as the chain is
/// long, and planning walks it recursively, so this bounds the stack; and it takes time that grows with the
/// square of the length, in which no query can be stopped. Literals in a list do not count.
const WORDS_MAX: usize = 1_000;
/// How deeply parentheses and subqueries may be nested (DataFusion's own default).
const NESTING_MAX: usize = 50;

/// Runs a statement.
///
/// # Errors
/// `Sql` for a text that is not a read-only query on the tenant's tables, and what running it fails with.
pub(crate) async fn run(session: &Session, text: &str) -> Result<Batches, QueryError> {
    let mut state = session.context()?.state();
    let statement = parse(text)?;
    let plan = plan(&state, statement).await?;
    state.config_mut().options_mut().execution.parquet.pushdown_filters = selects_rows(&plan)?;
    session.collect_plan(&state, &plan).await
}

/// Text to statement.
pub(crate) fn parse(text: &str) -> Result<Statement, QueryError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(QueryError::TooLarge(format!("the query has {} bytes, the most is {TEXT_BYTES_MAX}", text.len())));
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text).tokenize_with_location().map_err(not_tokens)?;
    let words = count_words(tokens.iter().map(|token| &token.token));
    if words > WORDS_MAX {
        let message = format!("the query has {words} words and operators, the most is {WORDS_MAX}");
        return Err(QueryError::Sql { message, position: None });
    }
    let parser = DFParserBuilder::new(text).with_dialect(&dialect).with_recursion_limit(NESTING_MAX).build();
    let mut statements = parser.and_then(|mut parser| parser.parse_statements()).map_err(refused)?;
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(QueryError::Sql { message: "the query is empty".to_owned(), position: None }),
        (Some(_), more) => {
            let message = format!("one statement at a time, not {}", more + 1);
            Err(QueryError::Sql { message, position: None })
        }
    }
}

/// Statement to logical plan; everything but a query is refused here.
pub(crate) async fn plan(state: &SessionState, statement: Statement) -> Result<LogicalPlan, QueryError> {
    let plan = state.statement_to_plan(statement).await.map_err(refused)?;
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only.verify_plan(&plan).map_err(refused)?;
    Ok(plan)
}

/// True if a query picks rows rather than adds them up: then the filter leads the decoding (see `table::scan`).
fn selects_rows(plan: &LogicalPlan) -> Result<bool> {
    let mut selects = true;
    plan.apply_with_subqueries(|node| {
        selects &= !matches!(node, LogicalPlan::Aggregate(_) | LogicalPlan::Join(_) | LogicalPlan::Window(_));
        Ok(if selects { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(selects)
}

fn count_words<'a>(tokens: impl Iterator<Item = &'a Token>) -> usize {
    let is_space = |token: &&Token| !matches!(token, Token::Whitespace(_));
    let mut after_separator = false;
    let mut words = 0;
    for token in tokens.filter(is_space) {
        let is_separator = matches!(token, Token::Comma | Token::LParen);
        let is_sign = *token == Token::Minus && after_separator;
        let is_literal = matches!(token, Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen);
        words += usize::from(!is_separator && !is_sign && !is_literal);
        after_separator = is_separator;
    }
    words
}

fn not_tokens(error: TokenizerError) -> QueryError {
    QueryError::Sql { message: error.message, position: position(error.location) }
}

/// The refusal of a text, with the place where it is wrong if the parser or the planner knows it.
fn refused(error: DataFusionError) -> QueryError {
    let planned = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let message = match error.find_root() {
        DataFusionError::SQL(parser, _) => {
            let text = parser.to_string();
            text.strip_prefix("sql parser error: ").unwrap_or(&text).to_owned()
        }
        DataFusionError::Plan(why) => why.clone(),
        DataFusionError::Internal(why) => return QueryError::Internal(why.clone()),
        root => root.strip_backtrace(),
    };
    let (message, parsed) = split_position(&message);
    let planned = planned.map(|span| Position { line: span.start.line, column: span.start.column });
    QueryError::Sql { message: message.to_owned(), position: parsed.or(planned) }
}

/// Takes `at Line: 1, Column: 8` off the end of a parser's message.
fn split_position(message: &str) -> (&str, Option<Position>) {
    let parsed = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, Position { line: line.parse().ok()?, column: column.trim().parse().ok()? }))
    });
    match parsed {
        // The parser says 0 when it met the end of the text.
        Some((text, Position { line: 0, .. })) => (text, None),
        Some((text, position)) => (text, Some(position)),
        None => (message, None),
    }
}

fn position(location: Location) -> Option<Position> {
    (location.line > 0).then_some(Position { line: location.line, column: location.column })
}

#[cfg(test)]
mod tests;
