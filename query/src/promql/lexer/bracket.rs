//! Between `[` and `]`: durations, and little else.

use super::{Kind, Lexed, Lexer, Word, quoted_char};

impl Lexer<'_> {
    /// In brackets, before the first number.
    pub(super) fn in_duration(&mut self) -> Lexed {
        let Some(first) = self.bump() else {
            return Err("unexpected end of input in duration expression".to_owned());
        };
        match first {
            ':' => self.first_colon(),
            '(' | ')' | ']' => self.nesting(first),
            '+' | '-' | '*' | '/' | '%' | '^' | ',' => self.symbol(first).ok_or_else(String::new),
            '0'..='9' | '.' if self.is_number(first) => self.number_or_duration(),
            _ => self
                .duration_word(first)
                .ok_or_else(|| format!("unexpected character in duration expression: {}", quoted_char(first))),
        }
    }

    /// A colon before the first number; a range of `step()` or `range()` has none.
    fn first_colon(&mut self) -> Lexed {
        let is_after_call = self.text[..self.start].trim_end().ends_with(')');
        let Some(bracket) = self.bracket.as_mut().filter(|_| is_after_call) else {
            self.start = self.at;
            return Err("unexpected colon before duration in duration expression".to_owned());
        };
        if bracket.has_colon {
            self.start = self.at;
            return Err("unexpected repeated colon in duration expression".to_owned());
        }
        bracket.has_colon = true;
        Ok(Kind::Colon)
    }

    /// A letter or colon in brackets, behind the first number.
    pub(super) fn in_bracket(&mut self, first: char) -> Lexed {
        if first != ':' {
            let word = self.duration_word(first);
            return word
                .ok_or_else(|| format!("unexpected character: {}, expected {}", quoted_char(first), quoted_char(':')));
        }
        match self.bracket.as_mut() {
            Some(bracket) if !bracket.has_colon => {
                bracket.has_colon = true;
                Ok(Kind::Colon)
            }
            _ => Err("unexpected colon ':'".to_owned()),
        }
    }

    /// A word that may stand in brackets, of which the first letter is taken.
    fn duration_word(&mut self, first: char) -> Option<Kind> {
        if !first.is_ascii_alphabetic() {
            return None;
        }
        self.take_while(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let word = self.text[self.start..self.at].to_ascii_lowercase();
        match word.as_str() {
            "step" => Some(Kind::Word(Word::Step)),
            "range" => Some(Kind::Word(Word::Range)),
            "min_of" | "max_of" => Some(Kind::Identifier),
            _ => None,
        }
    }
}
