//! Lists in pieces that fit into a message.

/// The most bytes of one message. Clients refuse one of more than 4 MiB unless they were told to take it.
pub(super) const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// The list in pieces of at most `bytes_max`, in its order; an item that is larger is a piece of its own. There is always a
/// piece, if an empty one.
pub(super) fn pieces<T>(items: Vec<T>, bytes_max: usize, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut pieces = vec![Vec::new()];
    let mut used = 0;
    for item in items {
        let bytes = bytes_of(&item);
        if used > 0 && used + bytes > bytes_max {
            pieces.push(Vec::new());
            used = 0;
        }
        used += bytes;
        if let Some(piece) = pieces.last_mut() {
            piece.push(item);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[usize], expected: &[&[usize]]) {
        assert_eq!(pieces(bytes.to_vec(), 10, |bytes| *bytes), expected);
    }

    #[test]
    fn pieces_are_as_large_as_they_may_be() {
        check(&[], &[&[]]);
        check(&[3, 3, 3], &[&[3, 3, 3]]);
        check(&[5, 5, 1], &[&[5, 5], &[1]]);
        check(&[1, 12, 1], &[&[1], &[12], &[1]]);
    }
}
