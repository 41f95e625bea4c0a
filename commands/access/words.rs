//! Words that the answers and cards of this capability share.

use jiff::SignedDuration;

use crate::context::Context;
pub(super) use crate::message::count;
use crate::message::{Span, Text, code, lasting};

/// How many names a card or an answer lists; `change show` has the whole plan.
const SHOWN: usize = 10;

/// The first ten names as code, and how many more there are: `ana`, `ben` and 190 more. `none` where there are none.
pub(super) fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> Text {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.len().min(SHOWN);
    let mut spans = Vec::new();
    for (at, name) in names[..shown].iter().enumerate() {
        if at > 0 {
            spans.push(Span::from(if at + 1 == names.len() { " and " } else { ", " }));
        }
        spans.push(code(*name));
    }
    match names.len() - shown {
        0 if shown == 0 => "none".into(),
        0 => Text(spans),
        more => Text(spans).then(format!(" and {more} more")),
    }
}

/// What people call an account; its number where I don't look after it.
pub(super) fn account_name<'a>(id: &'a str, cx: &'a Context<'_>) -> &'a str {
    let known = cx.settings.accounts.iter().chain(cx.settings.identity.as_ref().map(|identity| &identity.home));
    known.into_iter().find(|account| account.id == id).map_or(id, |account| &account.name)
}

/// The length of a session, ISO 8601 as AWS has it (`PT4H`), in words: `4 h`.
pub(super) fn session(duration: Option<&str>) -> String {
    let Some(iso) = duration else { return "1 h".to_owned() };
    iso.parse::<SignedDuration>().map_or_else(|_| iso.to_owned(), lasting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_cut_after_ten() {
        let names: Vec<String> = (1..=12).map(|at| format!("u{at}")).collect();
        assert_eq!(some(names.iter().map(String::as_str)).plain(), "u1, u2, u3, u4, u5, u6, u7, u8, u9, u10 and 2 more");
        assert_eq!(some(["ana", "ben", "bea"]).plain(), "ana, ben and bea");
        assert_eq!(some([]).plain(), "none");
    }

    #[test]
    fn a_session_is_told_in_hours() {
        assert_eq!([session(Some("PT4H")), session(Some("PT1H30M")), session(None)], ["4 h", "1 h 30 min", "1 h"]);
    }
}
