//! The guided tour.

use serde_json::{Value, json};

/// Its steps, as the page reads them: `title`, `text`, and what the page can do for the visitor (`as`, `channel`, `type`,
/// `react`, `press`, `clock`, `release`, `alarm`, `calm`; `card` names the message that is
/// meant, and `thread` opens what stands below it). `discord` holds what is otherwise on Discord.
pub(crate) fn steps() -> Value {
    json!([
        {
            "title": "Look around",
            "text": "You are Ana, an SRE. Ask for every database of three AWS accounts. The answer is for your eyes only, unless you add “--share”.",
            "as": "ana", "channel": "ops", "type": "/rds list",
        },
        {
            "title": "What is out of date?",
            "text": "These versions are past the end of standard support, or will be soon. AWS charges extra for them.",
            "as": "ana", "channel": "ops", "type": "/rds list --outdated",
        },
        {
            "title": "Plan an upgrade",
            "text": "A command without its arguments opens a form. Choose the database orders and a version it can go to; leave the rest or say when, such as “sat 02:00”.",
            "as": "ana", "channel": "ops", "type": "/rds upgrade",
            "discord": {
                "text": "Discord's box asks for the options a command wants and offers what could stand in them: type /rds upgrade and see. Here the database is orders, and the upgrade waits for Saturday night.",
                "type": "/rds upgrade id:orders to:8.0.40 at:sat 02:00",
            },
        },
        {
            "title": "Read the card",
            "text": "The plan is in #shop-ops, with prechecks and what can go wrong. Production needs a database administrator: Ana's own ✅ would not count.",
            "as": "ana", "channel": "shop-ops",
        },
        {
            "title": "Approve it as Ben",
            "text": "Ben is a database administrator. He reacts with ✅, and the card says what happens next.",
            "as": "ben", "channel": "shop-ops", "react": "white_check_mark",
        },
        {
            "title": "Move the clock",
            "text": "Next event goes on to the next thing that is said: a reminder, the start, a snapshot, the upgrade itself. The card is edited as it goes; its thread tells the details. Press it until the card says Done.",
            "channel": "shop-ops", "clock": "next",
        },
        {
            "title": "Who did what?",
            "text": "Everything above is in the audit log: asked, approved, each step, each AWS call. The log is a chain of hashes, so a gap or an edit would show.",
            "as": "ana", "channel": "ops", "type": "/audit search --on orders",
        },
        {
            "title": "Somebody deploys",
            "text": "A pipeline deploys the shop's checkout, blue/green. Nobody tells the bot, AWS does: a message appears in #shop-ops, and this one message follows the deployment to its end.",
            "as": "ana", "channel": "shop-ops", "release": true,
        },
        {
            "title": "It waits at a gate",
            "text": "Three minutes later the new version, green, has the test traffic, and AWS waits for people. The card says what is different, how green is, and how much time is left.",
            "channel": "shop-ops", "clock": 180,
        },
        {
            "title": "Let it go on",
            "text": "Ana is in sre: her ✅ lets it go on, ❌ would take it back. The card says so once AWS has taken it up.",
            "as": "ana", "channel": "shop-ops", "react": "white_check_mark",
        },
        {
            "title": "To its end",
            "text": "People get the new version, the old one is kept for ten minutes in case it has to come back, then it ends. Watch the picture in the message change.",
            "channel": "shop-ops", "clock": 900,
        },
        {
            "title": "An alarm fires",
            "text": "Checkout answers with errors. Alertmanager tells the bot, and one card in #shop-ops stands for it: what is wrong, what changed lately, what to do. Whoever is on call is called by name in its thread.",
            "as": "ana", "channel": "shop-ops", "alarm": true,
        },
        {
            "title": "Nobody takes it",
            "text": "Ten minutes later it climbs, as its escalation policy says: Ana is called by name in its thread, and #ops hears of it too.",
            "channel": "shop-ops", "card": "HighErrorRate", "thread": true, "clock": 600,
        },
        {
            "title": "Take it",
            "text": "Ana reacts with 👀. The card says who has it and since when, and it climbs no further.",
            "as": "ana", "channel": "shop-ops", "card": "HighErrorRate", "react": "eyes",
        },
        {
            "title": "Its source hears of it",
            "text": "Alertmanager got a silence with Ana's name on it, for as long as she has it. “alert show” tells that, and what was done so far by whom.",
            "as": "ana", "channel": "shop-ops", "card": "HighErrorRate", "type": "/alert show {alert}",
        },
        {
            "title": "Do what the runbook says",
            "text": "The steps on the card are a file beside the configuration, and its buttons are ordinary commands. “Status” asks AWS how checkout is; the answer is in the card's thread, for Ana's eyes only.",
            "as": "ana", "channel": "shop-ops", "card": "HighErrorRate", "thread": true, "press": "Status",
        },
        {
            "title": "Say how it was fixed",
            "text": "The note stays with the alert, for whoever sees it next time. Should Alertmanager not agree within ten minutes, the alert comes back.",
            "as": "ana", "channel": "shop-ops", "card": "HighErrorRate", "type": "/alert resolve {alert} --note 'BASKET_LIMIT was too high; set back to 100'",
        },
        {
            "title": "All is well",
            "text": "The errors end, and Alertmanager says so: nothing is left to do. The thread tells the whole story.",
            "channel": "shop-ops", "card": "HighErrorRate", "thread": true, "calm": true,
        },
        {
            "title": "Try something forbidden",
            "text": "Chloe is a developer. The refusal names the rule and whom to ask.",
            "as": "chloe", "channel": "ops", "type": "/rds upgrade payments --to 15.8",
        },
        {
            "title": "Why may I not?",
            "text": "Anybody can ask what the policy says to somebody, in words.",
            "as": "chloe", "channel": "ops", "type": "/can @chloe rds upgrade",
        },
        {
            "title": "Ask for access",
            "text": "Chloe needs the production database for two hours. What she asks for, and for how long, is what the policy decides on.",
            "as": "chloe", "channel": "ops", "type": "/access grant --account shop-prod --permission-set DatabaseAdmin --for 2h --reason 'the checkout is slow'",
        },
        {
            "title": "Let her in",
            "text": "Ana is in sre and says yes. The card says “granted” once AWS has confirmed it: press Next event until it does.",
            "as": "ana", "channel": "shop-ops", "react": "white_check_mark",
        },
        {
            "title": "Who has what?",
            "text": "Everybody who can enter production: through which group or directly, until when, and by which change.",
            "as": "ana", "channel": "ops", "type": "/access who --account shop-prod",
        },
        {
            "title": "Hand it back",
            "text": "Chloe is done early. Otherwise it would end by itself after two hours, also if the bot was away then.",
            "as": "chloe", "channel": "ops", "type": "/access done",
        },
        {
            "title": "What nobody declared",
            "text": "Three assignments were made past everybody. Drift finds what neither the bot nor the declared list explains.",
            "as": "ana", "channel": "ops", "type": "/access drift",
        },
        {
            "title": "Review who may enter",
            "text": "A review lists everything that was assigned to an account. On its card press “Go through the rows”, then Keep or Remove.",
            "as": "ana", "channel": "shop-ops", "type": "/access review --account shop-prod",
        },
        {
            "title": "Stop the world",
            "text": "Dana freezes the shop: no change of it starts until the freeze ends or is lifted. Changes in progress finish.",
            "as": "dana", "channel": "shop-ops", "type": "/change freeze start --project shop --reason 'Black Friday' --until 'in 3 days'",
        },
        {
            "title": "Now it is yours",
            "text": "Ask for more upgrades, cancel or reschedule them with the buttons on their cards, onboard somebody with /access onboard, reject something with ❌, ask /help. Nothing here can break.",
        },
    ])
}
