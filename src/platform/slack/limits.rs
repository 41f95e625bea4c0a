//! Slack's limits, from its Block Kit and view references.

pub(super) use crate::platform::length::{cut, len};

/// Blocks in a message.
pub(super) const BLOCKS: usize = 50;
/// Blocks in a modal.
pub(super) const MODAL_BLOCKS: usize = 100;
/// All blocks of a message as JSON. Slack answers `msg_blocks_too_long` at some 13,200 characters (undocumented,
/// seen in bolt-js issues 2509 and 2867); this stays clear of it.
pub(super) const MESSAGE: usize = 12_000;
/// Text of a section.
pub(super) const SECTION: usize = 3_000;
/// One field of a section.
pub(super) const FIELD: usize = 2_000;
/// Fields in a section.
pub(super) const FIELDS: usize = 10;
/// Text of a header.
pub(super) const HEADER: usize = 150;
/// Text of one element of a context block.
pub(super) const NOTE: usize = 2_000;
/// Elements in an actions block.
pub(super) const BUTTONS: usize = 25;
/// Text on a button.
pub(super) const BUTTON: usize = 75;
/// Value of a button.
pub(super) const VALUE: usize = 2_000;
/// Options of a select.
pub(super) const OPTIONS: usize = 100;
/// Text of an option.
pub(super) const OPTION: usize = 75;
/// Value of an option.
pub(super) const OPTION_VALUE: usize = 150;
/// Title of a view.
pub(super) const TITLE: usize = 24;
/// Label of an input.
pub(super) const LABEL: usize = 2_000;
/// What stands in a text input.
pub(super) const INPUT: usize = 3_000;
/// `block_id`.
pub(super) const BLOCK_ID: usize = 255;
/// `private_metadata` of a view.
pub(super) const METADATA: usize = 3_000;
/// The words of an error under an input; Slack names no limit.
pub(super) const ERROR: usize = 300;
/// The fallback text of a message: Slack advises 4,000, a notification shows far less.
pub(super) const FALLBACK: usize = 1_000;
