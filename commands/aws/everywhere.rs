//! Looking in many places at once: all accounts and regions, each account's failure beside the others' results.

use crate::context::{Account, Context};
use crate::error::{Error, Result};
use crate::message::{Text, code, listed};
use crate::text;

/// Every place an account is looked at.
pub(crate) fn places<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Vec<(&'a Account, &'a str)> {
    accounts.into_iter().flat_map(|account| account.regions.iter().map(move |region| (account, region.as_str()))).collect()
}

/// The results that came, and a line for each account and trouble. If nothing but errors came, the first one is the error.
pub(crate) fn sorted<T>(results: Vec<(&Account, &str, Result<T>)>) -> Result<(Vec<T>, Vec<Text>)> {
    let mut found = Vec::new();
    let mut errors: Vec<(&Account, &str, Error)> = Vec::new();
    for (account, region, result) in results {
        match result {
            Ok(result) => found.push(result),
            Err(error) => errors.push((account, region, error)),
        }
    }
    if found.is_empty() && !errors.is_empty() {
        return Err(errors.swap_remove(0).2);
    }
    let mut troubles: Vec<(&Account, Text, Vec<&str>)> = Vec::new();
    for (account, region, error) in errors {
        let said = line(error);
        match troubles.iter_mut().find(|(other, text, _)| other.id == account.id && *text == said) {
            Some((_, _, regions)) => regions.push(region),
            None => troubles.push((account, said, vec![region])),
        }
    }
    let line = |(account, said, regions): (&Account, Text, Vec<&str>)| {
        let everywhere = regions.len() == account.regions.len();
        if everywhere { said } else { said.then(format!(" (Only in {}.)", listed(&regions))) }
    };
    Ok((found, troubles.into_iter().map(line).collect()))
}

/// An error as a line beside results that did come.
pub(crate) fn line(error: Error) -> Text {
    match error {
        Error::Shown(say) => say,
        Error::Outside { say, cause } => {
            tracing::info!(%cause, "{}", say.plain());
            say
        }
        Error::Internal { doing, cause } => {
            tracing::warn!(%cause, "{doing}");
            format!("Something broke while {doing}.").into()
        }
    }
}

/// The error for an account nobody configured.
pub(crate) fn no_account(typed: Option<&str>, cx: &Context<'_>) -> Error {
    let names: Vec<&str> = cx.settings.accounts.iter().map(|account| account.name.as_str()).collect();
    match typed {
        Some(typed) if !names.is_empty() => {
            Error::shown(text!["I look after no account called ", code(typed), ". The ones I know are ", listed(&names), "."])
        }
        _ => Error::shown("No AWS account is configured yet. Whoever runs me adds one to the configuration."),
    }
}
