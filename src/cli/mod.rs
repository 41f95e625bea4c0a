//! `watchkeeper …`: one file a subcommand. Answers go to standard output, everything else to standard error.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use watchkeeper::audit::cli::Audit;
use watchkeeper::config::{Config, ConfigErrors, Environment};

use self::health::Probe;

mod audit;
mod check;
mod docs;
mod health;
mod logs;
mod manifest;
mod serve;
mod simulate;

/// A ChatOps bot for SREs: every operation planned, approved, executed once and audited.
#[derive(Debug, Parser)]
#[command(name = "watchkeeper", version, after_help = ENVIRONMENT, max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    task: Task,
}

const ENVIRONMENT: &str = "\
Exit codes:
  0  done, and the answer is yes
  1  done, and the answer is no: not ready, not allowed, a broken log, a wrong configuration
  2  the command line can't be read
  3  it could not be done; the reason is on standard error

Environment:
  WATCHKEEPER_CONFIG     the configuration [default: watchkeeper.toml, else the one compiled in]
  WATCHKEEPER_DATA_DIR   where the store keeps its files; outranks the configuration
  WATCHKEEPER_LISTEN     where HTTP is listened to, such as 0.0.0.0:8080; outranks the configuration
  WATCHKEEPER_LOG        what is logged, such as warn or info,watchkeeper=debug [default: info]
  SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET
                         Slack's secrets; config/watchkeeper.toml says which are needed when
  DISCORD_TOKEN          the token of Discord's bot
  SLACK_API_URL, DISCORD_API_URL, AWS_ENDPOINT_URL
                         other addresses; the AWS SDK reads its own variables too";

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the bot until it is told to stop (SIGTERM, Ctrl-C)
    Serve {
        /// How log lines look
        #[arg(long, value_enum, default_value_t = Format::Text)]
        log: Format,
    },
    /// Print what a platform needs to know about the bot
    Manifest {
        #[command(subcommand)]
        of: Manifest,
    },
    /// Say everything that is wrong with the configuration, with file, line and key
    CheckConfig,
    /// Look at the audit log of a bot that is stopped; while it runs, ask it in chat
    Audit {
        #[command(subcommand)]
        asked: Audit,
    },
    /// Say what the policy makes of a command, without running it
    Simulate(Simulated),
    /// Print documentation made from the code
    Docs {
        #[command(subcommand)]
        of: Docs,
    },
    /// Ask the bot that runs here whether it is ready
    Health(Probe),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
enum Manifest {
    /// Slack's app manifest, to paste at https://api.slack.com/apps
    Slack {
        /// Where Slack reaches the bot, such as https://bot.example.com; needed for transport "http" only
        #[arg(long)]
        url: Option<url::Url>,
    },
}

#[derive(Debug, Subcommand)]
enum Docs {
    /// All commands, in Markdown
    Commands,
}

#[derive(Debug, Args)]
struct Simulated {
    /// Who would type it: an id of people.toml
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
    /// What they would type, in quotes: 'rds upgrade orders --to 8.0.40'
    line: String,
    /// The project of what it acts on
    #[arg(long)]
    project: Option<String>,
    /// The environment of what it acts on
    #[arg(long)]
    env: Option<String>,
}

/// The answer of a task that asks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

/// Why a task was not done: a whole sentence.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    /// A failure while something was done.
    fn while_doing(doing: &str, cause: impl fmt::Display) -> Self {
        Self(format!("{doing}: {cause}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::while_doing("writing the answer", error)
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self(format!("the configuration can't be used:\n{errors}"))
    }
}

/// Does what the command line says.
pub(crate) fn run() -> ExitCode {
    let line = Line::parse();
    let environment = Environment::of_process();
    let out = &mut Out(io::stdout());
    match task(line.task, &environment, out) {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(Failure(why)) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "watchkeeper: {why}");
            ExitCode::from(3)
        }
    }
}

fn task(task: Task, environment: &Environment, out: &mut (dyn Write + Send)) -> Result<Answer, Failure> {
    match task {
        Task::Serve { log } => serve::serve(environment, log),
        Task::Manifest { of: Manifest::Slack { url } } => manifest::slack(&Config::load(environment)?, url.as_ref(), out),
        Task::CheckConfig => check::check(environment, out),
        Task::Audit { asked } => audit::audit(&Config::load(environment)?, &asked, out),
        Task::Simulate(simulated) => simulate::simulate(&Config::load(environment)?, &simulated, out),
        Task::Docs { of: Docs::Commands } => docs::commands(out),
        Task::Health(probe) => health::health(environment, &probe, out),
    }
}

/// Standard output that ends in peace when its reader goes away, as `head` does.
struct Out(io::Stdout);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).or_else(|error| if is_gone(&error) { std::process::exit(0) } else { Err(error) })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
