//! Letters nobody sees that turn the words around them: with these, words from outside would read otherwise than they are.

/// Whether it is one of Unicode's directional formatting characters (Unicode Standard Annex 9, "Directional Formatting
/// Characters").
pub(super) fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The words without these.
pub(super) fn straight(words: &str) -> String {
    words.chars().filter(|letter| !turns(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_words_goes_and_what_is_read_stays() {
        assert_eq!(straight("safe\u{202e}gpj.exe\u{2069} \u{200f}שלום\u{200b}é🙂"), "safegpj.exe שלום\u{200b}é🙂");
    }
}
