use super::super::super::parse;

/// Means something, and prints as text that reads back as the same tree.
fn check(text: &str) {
    let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let printed = query.to_string();
    assert_eq!(parse(&printed).as_ref(), Ok(&query), "{printed}");
}

fn refused(text: &str, expected: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(format!("{}:{} {error}", error.position.line, error.position.column), expected, "{text}");
}

#[test]
fn every_function_and_what_may_follow_it() {
    for text in [
        "{ } | rate()",
        "{ } | rate() by (.a, span.b, resource.c, name, status)",
        "{ } | rate() > 10 | topk(3)",
        "{ } | rate() > 10 < 20 | topk(3) >= 1 | bottomk(2)",
        "{ } >> { .a } | by(name) | count() > 2 | select(name) | coalesce() | rate()",
        "({ } | count() > 1) && { } | rate()",
        "{ } | quantile_over_time(duration, 0, .5, 1) by (.a, .b, .c, .d)",
        "{ } | histogram_over_time(traceDuration)",
        "{ } | min_over_time(span.a) | bottomk(1)",
        "{ } | compare({ status = error && .a != nil })",
        "{ } | compare({ }, 1000)",
        "{ } | compare({ }, 10, 0, 0)",
        "{ } | compare({ }, 10, 1, 2) with(sample=true)",
        "({ } | rate()) + ({ } | rate()) * 2 - 1 / ({ } | rate())",
        "(({ } | rate()) + 1) * (2 - 1) | topk(2) > 5",
        "({ } | rate() > 1 | topk(2)) / ({ } | rate())",
        "({ } | rate()) > 1",
        "({ } | rate()) * -2",
    ] {
        check(text);
    }
}

#[test]
fn a_ladder_of_arithmetic_has_its_usual_steps() {
    let same = |text: &str, other: &str| assert_eq!(parse(text), parse(other), "{text}");
    same("({} | rate()) + ({} | rate()) * 2", "({} | rate()) + (({} | rate()) * 2)");
    same("({} | rate()) - 1 - 2", "(({} | rate()) - 1) - 2");
    same("({} | rate()) * 2 > 1", "(({} | rate()) * 2) > 1");
}

#[test]
fn a_number_alone_still_asks_for_nothing() {
    refused("1 + 2", "1:3 a value alone asks for nothing, expected `{`");
    refused("{ } | 1 + 2", "1:9 a value alone asks for nothing, expected `{`");
    refused("1 < 2", "1:3 `<` cannot stand between a value and a value");
    refused("1 + 2 | rate()", "1:9 a number cannot be given on with `|`, compare it with a value");
}
