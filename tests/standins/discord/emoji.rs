//! Emoji by the names people know them by.

use emojis::SkinTone;

/// The character for a short name such as `white_check_mark` or `+1::skin-tone-3`; anything else as it is.
pub(super) fn character(name: &str) -> String {
    let (short, tone) = name.split_once("::").map_or((name, None), |(short, tone)| (short, Some(tone)));
    let Some(emoji) = emojis::get_by_shortcode(short.trim_matches(':')) else { return name.into() };
    let tone = match tone {
        Some("skin-tone-2") => Some(SkinTone::Light),
        Some("skin-tone-3") => Some(SkinTone::MediumLight),
        Some("skin-tone-4") => Some(SkinTone::Medium),
        Some("skin-tone-5") => Some(SkinTone::MediumDark),
        Some("skin-tone-6") => Some(SkinTone::Dark),
        _ => None,
    };
    let toned = tone.and_then(|tone| emoji.with_skin_tone(tone));
    toned.unwrap_or(emoji).as_str().into()
}

/// Whether Discord knows this character as an emoji.
pub(super) fn is_known(character: &str) -> bool {
    emojis::get(character).is_some()
}
