use super::*;

fn refusal(text: &str) -> (String, Option<Position>) {
    match parse(text) {
        Err(QueryError::Sql { message, position }) => (message, position),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_position_is_taken_off_the_message() {
    let at = |line, column| Some(Position { line, column });
    assert_eq!(split_position("Expected: x, found: y at Line: 2, Column: 13"), ("Expected: x, found: y", at(2, 13)));
    assert_eq!(split_position("Expected: x, found: EOF"), ("Expected: x, found: EOF", None));
    assert_eq!(split_position("a at Line: 0, Column: 0"), ("a", None));
    assert_eq!(split_position("odd at Line: x"), ("odd at Line: x", None));
}

#[test]
fn the_parser_knows_the_place() {
    let (message, position) = refusal("select a b c from spans");
    assert_eq!(position, Some(Position { line: 1, column: 12 }), "{message}");
    assert!(message.starts_with("Expected"), "{message}");
}

#[test]
fn one_statement_is_one() {
    assert!(parse("select 1;").is_ok());
    assert_eq!(refusal("select 1; select 2; select 3").0, "one statement at a time, not 3");
    assert_eq!(refusal(" -- nothing\n").0, "the query is empty");
}

#[test]
fn words_are_counted_but_for_lists_of_values() {
    let count = |text: &str| {
        let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().unwrap();
        count_words(tokens.iter())
    };
    assert_eq!(count("select 1"), 1);
    assert_eq!(count("select a + b"), 4);
    assert_eq!(count("x in (1, -2, 'a', - 3)"), 2);
    assert_eq!(count("1 - 2"), 1);
    assert_eq!(count("- - - 1"), 3);
}

#[test]
fn nesting_is_bounded() {
    let nested = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(refusal(&nested).0.contains("recursion limit"), "{:?}", refusal(&nested));
}
