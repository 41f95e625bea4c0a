//! The playground's web page: plain HTML, CSS and JavaScript, compiled in, served as they stand.

/// One file of the page.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// The path it is served under, such as `/app.js`; the page itself is `/`.
    pub path: &'static str,
    /// Its media type, as the `Content-Type` header says it.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

macro_rules! script {
    ($name:literal) => {
        Asset { path: concat!("/", $name), media_type: "text/javascript; charset=utf-8", content: include_str!($name) }
    };
}

macro_rules! style {
    ($name:literal) => {
        Asset { path: concat!("/", $name), media_type: "text/css; charset=utf-8", content: include_str!($name) }
    };
}

/// Every file of the page. Paths are relative inside, so all of them must be served from one folder.
pub const ASSETS: &[Asset] = &[
    Asset { path: "/", media_type: "text/html; charset=utf-8", content: include_str!("index.html") },
    style!("style.css"),
    style!("message.css"),
    style!("overlay.css"),
    style!("discord.css"),
    script!("api.js"),
    script!("app.js"),
    script!("avatar.js"),
    script!("blocks.js"),
    script!("clock.js"),
    script!("composer.js"),
    script!("conversation.js"),
    script!("discord-commands.js"),
    script!("discord-form.js"),
    script!("discord-markdown.js"),
    script!("discord-message.js"),
    script!("dom.js"),
    script!("elements.js"),
    script!("emoji.js"),
    script!("messages.js"),
    script!("modal.js"),
    script!("mrkdwn.js"),
    script!("picker.js"),
    script!("popover.js"),
    script!("reactions.js"),
    script!("richtext.js"),
    script!("session.js"),
    script!("sidebar.js"),
    script!("table.js"),
    script!("time.js"),
    script!("tour.js"),
];

/// The policy to serve the page with: nothing from elsewhere, no inline scripts, no framing.
/// Pictures may come from anywhere, as the messages of a bot may show them.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src * data:; object-src 'none'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use super::ASSETS;

    #[test]
    fn every_file_that_the_page_names_is_served() {
        let served = |name: &str| ASSETS.iter().any(|asset| asset.path == format!("/{name}"));
        for asset in ASSETS {
            let imports = asset.content.split(" from './").skip(1);
            let links = asset.content.split("=\"").skip(1);
            for name in imports.filter_map(|rest| rest.split('\'').next()).chain(
                links.filter_map(|rest| rest.split('"').next()).filter(|name| name.ends_with(".css") || name.ends_with(".js")),
            ) {
                assert!(served(name), "{} names {name}", asset.path);
            }
        }
    }

    #[test]
    fn nothing_is_written_as_markup() {
        for asset in ASSETS {
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!asset.content.contains(way), "{} uses {way}", asset.path);
            }
        }
    }
}
