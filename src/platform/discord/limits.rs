//! Discord's limits, from its documentation ("Message", "Embed limits", "Components", "Create Message").

pub(super) use crate::platform::length::{cut, len};

/// The words of a message.
pub(super) const CONTENT: usize = 2_000;
/// Embeds of a message.
pub(super) const EMBEDS: usize = 10;
/// The words of an embed.
pub(super) const DESCRIPTION: usize = 4_096;
/// The words of all embeds of a message.
pub(super) const ALL_EMBEDS: usize = 6_000;
/// Rows of buttons.
pub(super) const ROWS: usize = 5;
/// Buttons in a row.
pub(super) const BUTTONS: usize = 5;
/// What stands on a button.
pub(super) const LABEL: usize = 80;
/// What a button carries.
pub(super) const CUSTOM_ID: usize = 100;
/// The name of a thread.
pub(super) const THREAD: usize = 100;
/// `nonce` of a message.
pub(super) const NONCE: usize = 25;
/// Files of a message.
pub(super) const FILES: usize = 10;
/// Accounts that `allowed_mentions` may name.
pub(super) const MENTIONS: usize = 100;
/// The name of a file; Discord states none, file systems do.
pub(super) const FILE_NAME: usize = 100;

/// Options on one level of a command, and choices of an option.
pub(super) const OPTIONS: usize = 25;
/// Choices of an option, or values of an autocompletion.
pub(super) const CHOICES: usize = 25;
/// The name or value of a choice.
pub(super) const CHOICE: usize = 100;
/// What a command or an option says it is for.
pub(super) const ABOUT: usize = 100;
/// All names, descriptions and values of a command.
pub(super) const COMMAND: usize = 8_000;
/// Inputs of a modal.
pub(super) const INPUTS: usize = 5;
/// The title of a modal.
pub(super) const TITLE: usize = 45;
/// What stands above an input of a modal.
pub(super) const INPUT_LABEL: usize = 45;
/// What stands in an empty input.
pub(super) const PLACEHOLDER: usize = 100;
/// What can be entered in an input.
pub(super) const INPUT: usize = 4_000;
