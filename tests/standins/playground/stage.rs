//! Sets everything up and takes it down again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use commands::aws::{Aws as Client, AwsSettings, Keys};
use jiff::Timestamp;
use standins::alertmanager::Alertmanager;
use standins::aws::{Aws, BASE_ACCESS_KEY, DEFAULT_REGION, ESTATE, Gateway};
use standins::discord::{Discord, DiscordOptions};
use standins::slack::{Slack, SlackOptions, Transport};
use tempfile::TempDir;
use tokio::sync::{Mutex, RwLock};
use watchkeeper::bot::{Bot, Ground};
use watchkeeper::clock::Clock;
use watchkeeper::config::{Config, Environment};
use watchkeeper::store::Store;
use watchkeeper::store::sled::SledStore;

use crate::{cast, routes};

/// The account whose queue hears what happens in all of them.
const QUEUE_ACCOUNT: &str = "111122223333";
/// What Alertmanager shows the bot, and the bot Alertmanager.
const ALERTMANAGER_SECRET: &str = "alertmanager-knocks";
const ALERTMANAGER_TOKEN: &str = "alertmanager-opens";

/// The name of the workspace, and of the server.
const TEAM: &str = "Watchkeeper playground";

/// How Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Socket Mode.
    Sockets,
    /// Signed HTTP requests.
    Http,
}

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) slack: Slack,
    pub(crate) discord: Discord,
    pub(crate) aws: Aws,
    pub(crate) alertmanager: Alertmanager,
    pub(crate) clock: Clock,
    /// None while it is stopped.
    pub(crate) bot: RwLock<Option<Bot>>,
    /// Held while the clock is being moved: one move after the other.
    pub(crate) moving: Mutex<()>,
    store: Arc<SledStore>,
    folder: Folder,
    _gateway: Gateway,
}

/// Where the bot keeps its files.
enum Folder {
    Fleeting(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn at(named: Option<PathBuf>) -> Result<Self, String> {
        let Some(path) = named else {
            return tempfile::tempdir().map(Self::Fleeting).map_err(|cause| format!("Making a folder for the bot: {cause}."));
        };
        let doing = |cause| format!("Making the folder {}: {cause}.", path.display());
        std::fs::create_dir_all(&path).map_err(doing)?;
        if std::fs::read_dir(&path).map_err(doing)?.next().is_some() {
            return Err(format!("{} holds something already. Name a folder that is new or empty.", path.display()));
        }
        Ok(Self::Kept(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Fleeting(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

impl Stage {
    /// Starts AWS, Slack, Alertmanager and the bot, telling what it does; the page is served at `address`.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub(crate) async fn set(address: SocketAddr, data: Option<PathBuf>, over: Over) -> Result<Arc<Self>, String> {
        let folder = Folder::at(data)?;
        println!("Starting AWS: three accounts with databases of mixed age, services, and the people who may enter…");
        let gateway = Gateway::start(|progress| println!("  {progress}"))
            .await
            .map_err(|cause| format!("The stand-in for AWS does not start: {cause}."))?;
        let now = real_time();
        let aws = gateway.world(now).await;
        aws.estate(ESTATE).await;
        let queue = aws.event_queue(QUEUE_ACCOUNT, DEFAULT_REGION, "watchkeeper").await;

        println!("Starting Slack and Discord: six people, five channels…");
        let clock = Clock::running_from(now);
        let reads = clock.clone();
        let now_there: standins::slack::Clock = Arc::new(move || reads.now());
        let alertmanager = Alertmanager::start(Arc::clone(&now_there), Some(ALERTMANAGER_TOKEN)).await;
        let curtain: Curtain = Arc::default();
        let guild_name = TEAM.to_owned();
        let discord =
            Discord::start(DiscordOptions { now: Arc::clone(&now_there), guild_name, ..DiscordOptions::default() }).await;
        let slack = Slack::start(SlackOptions {
            now: now_there,
            team_name: TEAM.to_owned(),
            extra_routes: routes::routes(Arc::clone(&curtain)).merge(discord.play_routes()),
            address,
            ..SlackOptions::default()
        })
        .await;
        cast::enter(&slack).await;
        cast::enter_discord(&discord).await;

        println!("Starting Watchkeeper…");
        let outside = format!("{}{}{}", cast::on_discord(), events(&queue), source(&alertmanager));
        write_configuration(folder.path(), over, &cast::people(&discord), &outside)?;
        let config = configuration(folder.path(), &slack, &discord)?;
        let store =
            SledStore::open(&config.data_dir, clock.now()).map_err(|cause| format!("The store does not open: {cause}"))?;
        let store = Arc::new(store);
        aws.run_clock(clock.now(), 1.0).await;
        let bot = start_bot(&config, &clock, Arc::clone(&store) as Arc<dyn Store>, &aws).await?;
        alertmanager.tells(&format!("http://{}/alerts/prometheus", bot.address()), ALERTMANAGER_SECRET);
        discord.registered().await;
        discord.connected(1).await;
        match over {
            Over::Sockets => slack.connected(1).await,
            Over::Http => slack.use_transport(Transport::Http(format!("http://{}", bot.address()))),
        }
        let stage = Arc::new(Self {
            slack,
            discord,
            aws,
            alertmanager,
            clock,
            bot: RwLock::new(Some(bot)),
            moving: Mutex::default(),
            store,
            folder,
            _gateway: gateway,
        });
        // Nobody else raises it.
        let _ = curtain.set(Arc::clone(&stage));
        Ok(stage)
    }

    /// Where the page is.
    pub(crate) fn url(&self) -> &str {
        self.slack.base_url()
    }

    /// Stops the bot gracefully; says how it ended.
    pub(crate) async fn strike(&self) -> String {
        if let Some(bot) = self.bot.write().await.take() {
            bot.stop().await;
        }
        if let Err(why) = self.store.close().await {
            return format!("Stopped, but the store did not close: {why}");
        }
        match &self.folder {
            Folder::Fleeting(_) => "Stopped. Nothing was kept; the next start is a new world.".to_owned(),
            Folder::Kept(path) => format!("Stopped. What the bot knew is in {}.", path.display()),
        }
    }
}

/// The stage once it is set: routes are there before it.
pub(crate) type Curtain = Arc<OnceLock<Arc<Stage>>>;

/// Events come through the queue with this address.
fn events(queue: &str) -> String {
    format!("\n[[events]]\nqueue = {queue:?}\naccount = {QUEUE_ACCOUNT:?}\n")
}

/// Alarms come from this Alertmanager, and silences go there.
fn source(alertmanager: &Alertmanager) -> String {
    format!(
        "\n[[sources]]\nname = \"prometheus\"\nkind = \"alertmanager\"\nsecret = \"ALERTMANAGER_SECRET\"\nurl = {:?}\n\
         token = \"ALERTMANAGER_TOKEN\"\n",
        alertmanager.url()
    )
}

/// Writes all the bot reads; `people` and `outside` are what is known of the outside world only now.
fn write_configuration(folder: &Path, over: Over, people: &str, outside: &str) -> Result<(), String> {
    let config = match over {
        Over::Sockets => cast::CONFIG.to_owned(),
        Over::Http => cast::CONFIG.replace("transport = \"socket\"", "transport = \"http\""),
    };
    let config = format!("{config}{outside}");
    let files = [
        ("watchkeeper.toml", config.as_str()),
        ("people.toml", people),
        ("oncall.toml", cast::ON_CALL),
        ("access-baseline.toml", cast::BASELINE),
        ("policy.cedar", watchkeeper::config::DEFAULT_POLICY),
    ];
    let runbooks = folder.join("runbooks");
    std::fs::create_dir_all(&runbooks).map_err(|cause| format!("Making the folder {}: {cause}.", runbooks.display()))?;
    let files = files.into_iter().map(|(name, text)| (folder.join(name), text));
    for (path, text) in files.chain(cast::RUNBOOKS.map(|(name, text)| (runbooks.join(name), text))) {
        std::fs::write(&path, text).map_err(|cause| format!("Writing {}: {cause}.", path.display()))?;
    }
    Ok(())
}

fn configuration(folder: &Path, slack: &Slack, discord: &Discord) -> Result<Config, String> {
    let environment: Environment = [
        ("WATCHKEEPER_CONFIG", folder.join("watchkeeper.toml").display().to_string()),
        ("SLACK_API_URL", slack.api_url()),
        ("SLACK_BOT_TOKEN", slack.bot_token().to_owned()),
        ("SLACK_APP_TOKEN", slack.app_token().to_owned()),
        ("SLACK_SIGNING_SECRET", slack.signing_secret().to_owned()),
        ("DISCORD_API_URL", discord.url()),
        ("DISCORD_TOKEN", discord.bot_token().to_owned()),
        ("ALERTMANAGER_SECRET", ALERTMANAGER_SECRET.to_owned()),
        ("ALERTMANAGER_TOKEN", ALERTMANAGER_TOKEN.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    Config::load(&environment).map_err(|errors| format!("Its configuration is wrong:\n{errors}"))
}

async fn start_bot(config: &Config, clock: &Clock, store: Arc<dyn Store>, aws: &Aws) -> Result<Bot, String> {
    // One provider for everything; it is there already when something else was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = AwsSettings {
        region: DEFAULT_REGION.to_owned(),
        endpoint: Some(aws.url().to_owned()),
        keys: Some(Keys { id: BASE_ACCESS_KEY.to_owned(), secret: "standin".to_owned() }),
    };
    let aws = Client::connect(settings).await;
    let ground = Ground { clock: clock.clone(), store, aws, commands: commands::ALL, watches: commands::WATCHES };
    Bot::start(config, ground).await.map_err(|error| format!("The bot does not start: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "the playground begins at the real time")]
fn real_time() -> Timestamp {
    Timestamp::now()
}
