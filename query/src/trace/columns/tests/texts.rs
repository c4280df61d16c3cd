//! What a text says.

use super::super::words::Words;

#[track_caller]
fn refused(text: &str, why: &str) {
    assert_eq!(Words::parse(text).err().map(|error| error.to_string()), Some(why.to_owned()), "{text}");
}

#[test]
fn a_text_without_words_is_refused() {
    for text in ["", " ", "-", "\"\"", "- \"\""] {
        refused(text, "text has no words to look for");
    }
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    refused(&"x".repeat(1001), "text has more than 1000 characters");
    assert!(Words::parse(&"x".repeat(1000)).is_ok());
}
