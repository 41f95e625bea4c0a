//! What is said about shifts, overrides and swaps, beside the answers of the commands.

use commands::message::{Button, Message, Style, Text, bold, code};
use commands::records::{Override, Shift, Swap, SwapId, SwapStatus};
use commands::{PersonId, text};
use jiff::Timestamp;

/// The slot of the message in which a swap is offered.
pub fn slot(id: SwapId) -> String {
    format!("swap/{id}")
}

/// ` from … until …`
fn lasts(time: Shift) -> Text {
    text![" from ", time.from, " until ", time.until]
}

fn time(one: &Override) -> Shift {
    Shift { from: one.from, until: one.until }
}

fn because(reason: Option<&String>) -> Text {
    reason.map_or_else(|| text!["."], |reason| text![": ", reason.as_str()])
}

/// To whoever stands in.
pub fn stands_in(one: &Override) -> Message {
    let said = text!["📟 ", &one.by, " put you on call for ", code(one.rotation.as_str())];
    said.then(lasts(time(one))).then(because(one.reason.as_ref())).into()
}

/// To whoever is relieved.
pub fn is_replaced(one: &Override) -> Message {
    let said = text!["📟 ", &one.who, " stands in for you in ", code(one.rotation.as_str())];
    said.then(lasts(time(one))).then(text![", says ", &one.by]).then(because(one.reason.as_ref())).into()
}

/// To whoever no longer stands in.
pub fn no_longer(one: &Override, by: &PersonId, now: Timestamp) -> Message {
    let (id, rotation) = (code(one.id.to_string()), code(one.rotation.as_str()));
    if one.from <= now {
        return text!["📟 ", by, " ended ", id, ": you no longer stand in for ", rotation, "."].into();
    }
    text!["📟 ", by, " took ", id, " back: you don't stand in for ", rotation].then(lasts(time(one))).then(".").into()
}

/// To whoever is on call after all.
pub fn is_back(one: &Override, by: &PersonId, now: Timestamp) -> Message {
    let (id, rotation) = (code(one.id.to_string()), code(one.rotation.as_str()));
    let (done, time) =
        if one.from <= now { (" ended ", Shift { from: now, until: one.until }) } else { (" took back ", time(one)) };
    let said = text!["📟 ", by, done, id, ", so ", &one.who, " does not stand in for you in ", rotation];
    said.then(lasts(time)).then(".").into()
}

/// To whoever is asked to swap: with buttons while they can answer, and what came of it afterwards.
pub fn offer(swap: &Swap) -> Message {
    let said = text!["🔁 ", &swap.asker, " asks you to swap shifts in ", code(swap.rotation.as_str())];
    let message = Message::new()
        .text(said.then(because(swap.reason.as_ref())))
        .text(text![bold("You would take"), ": "].then(shift(swap.gives)))
        .text(text![bold("They would take"), ": "].then(shift(swap.takes)));
    match outcome(swap) {
        Some(words) => message.text(words),
        None => message.note(text![code(swap.id.to_string()), ". You can answer until ", swap.expires(), "."]).buttons(vec![
            Button::new("Accept", format!("oncall accept {}", swap.id)).style(Style::Primary),
            Button::new("Decline", format!("oncall decline {}", swap.id)).style(Style::Danger),
        ]),
    }
}

fn shift(time: Shift) -> Text {
    text![time.from, " until ", time.until]
}

/// What came of a swap, to whoever was asked; nothing while it waits.
fn outcome(swap: &Swap) -> Option<Text> {
    Some(match &swap.status {
        SwapStatus::Offered => return None,
        SwapStatus::Accepted { at } => text!["✅ You accepted ", *at, "."],
        SwapStatus::Declined { at, .. } => text!["❌ You declined ", *at, "."],
        SwapStatus::Withdrawn { at } => text!["❌ ", &swap.asker, " took it back ", *at, "."],
        SwapStatus::Expired => "⌛ You have not answered in time. Everybody keeps their shifts.".into(),
    })
}

/// To whoever offered a swap, once it is answered or has expired.
pub fn answered(swap: &Swap) -> Message {
    let id = || code(swap.id.to_string());
    match &swap.status {
        SwapStatus::Accepted { .. } => text!["🔁 ", &swap.other, " accepted ", id(), ": they are on call for "]
            .then(text![code(swap.rotation.as_str())])
            .then(lasts(swap.gives))
            .then(", you")
            .then(lasts(swap.takes))
            .then(".")
            .into(),
        SwapStatus::Declined { reason, .. } => {
            let said = text!["❌ ", &swap.other, " declined ", id(), ", so everybody keeps their shifts"];
            said.then(because(reason.as_ref())).into()
        }
        SwapStatus::Expired | SwapStatus::Offered | SwapStatus::Withdrawn { .. } => {
            let said = text!["⌛ ", &swap.other, " has not answered ", id(), " in time, so everybody keeps their shifts: yours"];
            said.then(lasts(swap.gives)).then(".").into()
        }
    }
}

/// To the rotation's channel, once a swap is accepted.
pub fn swapped(swap: &Swap) -> Message {
    let said = text!["🔁 ", &swap.asker, " and ", &swap.other, " swapped shifts in ", code(swap.rotation.as_str()), ": "];
    let (theirs, own) =
        (text![&swap.other].then(lasts(swap.gives)), text![", "].then(text![&swap.asker]).then(lasts(swap.takes)));
    said.then(theirs).then(own).then(".").into()
}

/// To whoever is on call now.
pub fn your_shift(rotation: &str, before: &PersonId, until: Timestamp, open: usize) -> Message {
    let open = match open {
        0 => "No alert is open.".to_owned(),
        1 => "One alert is open.".to_owned(),
        many => format!("{many} alerts are open."),
    };
    let said = text!["📟 You are on call for ", code(rotation), " until ", until, ". You take over from ", before, ". ", open];
    Message::new().text(said).note(text![
        code("oncall list --mine"),
        " shows your turns, ",
        code("oncall swap"),
        " swaps them with somebody."
    ])
}

/// In the hand-over, where whoever takes over gets no direct message.
pub fn out_of_reach(person: &PersonId) -> Text {
    text![
        "⚠️ I can't write to ",
        person,
        ": I know no chat account of theirs. Tell them, and whoever runs me can write it down in ",
        code("people.toml"),
        "."
    ]
}

/// To the rotation's channel, when the user group can't be made to follow.
pub fn group_stays(rotation: &str, group: &str, person: &PersonId, why: &str) -> Message {
    let said = text![
        "⚠️ The user group ",
        code(group),
        " should hold ",
        person,
        ", who is on call for ",
        code(rotation),
        format!(", but I can't change it: {why}. I keep trying; until then mentions of it reach whoever it held before. ")
    ];
    let mends = if why.contains("missing_scope") {
        let scopes = text!["Whoever runs me adds the scopes ", code("usergroups:read"), " and ", code("usergroups:write")];
        scopes.then(" to the app and installs it anew.")
    } else {
        "Whoever looks after the workspace can change it by hand.".into()
    };
    said.then(mends).into()
}

/// To the rotation's channel, when it follows after all.
pub fn group_follows(rotation: &str, group: &str, person: &PersonId) -> Message {
    text!["✔️ The user group ", code(group), " of ", code(rotation), " holds ", person, " now."].into()
}
