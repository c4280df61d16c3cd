//! Names like one that is not there, for a message that helps.

/// How many are named.
const NAMES_MAX: usize = 3;
/// Longer texts are compared by their beginning.
const COMPARED_MAX: usize = 128;

/// The names most like `wanted`, the best first: those that contain it, and those that few changes turn into it.
pub(crate) fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted: Vec<char> = wanted.chars().take(COMPARED_MAX).collect();
    let text: String = wanted.iter().collect();
    let mut ranked: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let changes = changes(&wanted, name);
            let is_part = !text.is_empty() && name.contains(&text);
            (is_part || changes <= wanted.len() / 2).then_some((if is_part { 0 } else { changes }, name))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(NAMES_MAX).map(|(_, name)| name).collect()
}

/// Letters to change, add or take away (Levenshtein).
fn changes(wanted: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (i, letter) in name.chars().take(COMPARED_MAX).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in wanted.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[wanted.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_like_it_are_found_the_best_first() {
        let names = ["shop/web", "shop/cart", "shop/website", "blog/web", "database:postgresql/orders"];
        let check = |wanted, expected: &[&str]| assert_eq!(near(wanted, names.into_iter()), expected, "{wanted}");
        check("shop/wep", &["shop/web", "blog/web", "shop/cart"]);
        check("web", &["blog/web", "shop/web", "shop/website"]);
        check("orders", &["database:postgresql/orders"]);
        check("zzzzzz", &[]);
        check("", &[]);
    }

    #[test]
    fn changes_are_counted() {
        let changes = |a: &str, b| changes(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!((changes("kitten", "sitting"), changes("", "ab"), changes("ab", "ab")), (3, 2, 0));
    }
}
