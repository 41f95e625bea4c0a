//! What a panic that was caught has said.

use std::any::Any;

/// The words of a panic.
pub fn words(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_has_words_where_it_was_given_some() {
        let said = |panic: Box<dyn Any + Send>| words(&*panic).to_owned();
        assert_eq!(said(Box::new("still")), "still");
        assert_eq!(said(Box::new("made up".to_owned())), "made up");
        assert_eq!(said(Box::new(7)), "no words");
    }
}
