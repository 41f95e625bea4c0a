//! How long the chats take a text to be. Discord counts code points (discord-api-docs issue 1315); clients count UTF-16 units, the
//! stricter reading, and so does this.

/// How long a text is.
pub(super) fn len(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text, ended with `…` where it is longer than `limit`.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if len(text) <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let fits = |letter: &char| match room.checked_sub(letter.len_utf16()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_fits_and_shows() {
        assert_eq!(cut("orders", 6), "orders");
        assert_eq!(cut("orders-replica", 8), "orders-…");
        assert_eq!(cut("🙂🙂🙂", 4), "🙂…");
    }
}
