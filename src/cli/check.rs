//! `watchkeeper check-config`

use std::io::Write;

use watchkeeper::config::{Config, Environment, Finding, Weight};

use super::{Answer, Failure};

/// Prints everything there is to say about the configuration, a line each. The answer is no where something blocks.
pub(super) fn check(environment: &Environment, out: &mut dyn Write) -> Result<Answer, Failure> {
    let findings = match Config::load(environment) {
        Ok(config) => config.check(commands::ALL),
        Err(errors) => errors.0.into_iter().map(|error| Finding { weight: Weight::Blocks, error }).collect(),
    };
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let errors = findings.iter().filter(|finding| finding.weight == Weight::Blocks).count();
    match (errors, findings.len() - errors) {
        (0, 0) => writeln!(out, "All is well.")?,
        (0, _) => writeln!(out, "The bot would start.")?,
        (1, _) => writeln!(out, "One error has to be mended.")?,
        (errors, _) => writeln!(out, "{errors} errors have to be mended.")?,
    }
    Ok(if errors == 0 { Answer::Yes } else { Answer::No })
}
