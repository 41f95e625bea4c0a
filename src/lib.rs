//! How the bot is hosted: the map of the code, in reading order.
//!
//! What comes in and what it may do: [`dispatch`] takes in what people ask, [`sources`] what is wrong, [`recognition`] and [`identity`] say who asks, [`linking`] makes an account somebody's
//! ([`roster`] reads the people of IAM Identity Center), [`policy`] decides.
//! What becomes of it: [`answer`] answers, [`opening`] puts a change on record, [`engine`] runs changes ([`waiting`] those that wait
//! for approval), [`watching`] follows what nobody asked for ([`hearing`] makes it look), [`shifts`] hands over who is on call, [`outbox`] delivers what is to be said; [`looking`] is the loop that all of them share.
//! What a change is: [`change`] has its legal transitions, [`approval`] counts votes, [`case`](mod@case) gathers what happens to one,
//! [`effects`] changes the bot's own records, [`card`] and [`glass`] show it.
//! What it stands on: [`store`] keeps everything ([`posted`] finds the slot of a message), [`audit`] is the log, [`platform`] the chats, [`config`] what is written,
//! [`clock`] the time. [`bot`] wires it all.

// In and out.
pub mod dispatch;
pub mod hearing;
pub mod http;
pub mod outbox;
pub mod platform;
pub mod sources;

// Who, and what they may do.
pub mod identity;
pub mod linking;
pub mod policy;
pub mod recognition;
pub mod roster;

// What becomes of what was asked.
pub mod answer;
pub mod effects;
pub mod engine;
pub mod looking;
pub mod opening;
pub mod shifts;
pub mod waiting;
pub mod watching;

// An alert.
pub mod alert;
pub mod alerts;
pub mod hooks;
pub mod reach;

// A change.
pub mod approval;
pub mod card;
pub mod case;
pub mod change;
pub mod glass;

// What is kept.
pub mod audit;
pub mod fitting;
pub mod posted;
pub mod records;
pub mod store;

// What it stands on.
pub mod activity;
pub mod bot;
pub mod clock;
pub mod config;
pub mod health;
pub mod host;
pub mod metrics;
pub mod outward;
pub mod panics;
pub mod rules;
pub mod secret;
pub mod shelf;
