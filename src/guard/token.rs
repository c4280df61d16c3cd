//! Bearer tokens.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::ConstantTimeEq as _;

const SCHEME: &str = "bearer";
/// Shorter ones can be guessed.
const LENGTH_MIN: usize = 16;

/// The token that opens the server.
pub struct Token(Vec<u8>);

impl Token {
    /// Reads a token; white space around it does not count.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no single word of at least 16 characters.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        let token = text.trim();
        if token.len() < LENGTH_MIN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("{} does not hold one token of at least {LENGTH_MIN} printable characters", path.display());
        }
        Ok(Self(token.as_bytes().to_vec()))
    }

    /// Whether a request brings this token. Takes as long for a token that is nearly right as for one that is not.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        headers
            .get(AUTHORIZATION)
            .and_then(|value| bearer(value.as_bytes()))
            .is_some_and(|token| token.ct_eq(&self.0).into())
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.strip_prefix(b" ")?;
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "open-sesame-0123456789";

    fn read(text: &str) -> Result<Token> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Token::read(file.path())
    }

    fn check(authorization: &str, expected: bool) {
        let token = read(&format!("  {TOKEN}\n")).unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())]);
        assert_eq!(token.admits(&headers), expected, "{authorization}");
    }

    #[test]
    fn only_the_whole_token_opens() {
        check(&format!("Bearer {TOKEN}"), true);
        check(&format!("bearer {TOKEN}"), true);
        check(TOKEN, false);
        check("Bearer", false);
        check("Bearer ", false);
        check("", false);
        check(&format!("Bearer {TOKEN}x"), false);
        check(&format!("Bearer {}", &TOKEN[1..]), false);
        check(&format!("Basic {TOKEN}"), false);
        assert!(!read(TOKEN).unwrap().admits(&HeaderMap::new()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", " \n", "short", "two words of a token", "tökentökentökentöken"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
