//! Moves the world's clock on, stopping wherever something is due, so that what happens is seen one by one.

use std::time::Duration;

use commands::records::{AlertRecord, ChangeRecord, Handling, Status};
use jiff::{SignedDuration, Timestamp};
use watchkeeper::store::Kind;

use crate::stage::Stage;

/// The shortest hop. AWS's clock and the bot's differ by less, and messages of a channel keep a second apart.
const HOP: SignedDuration = SignedDuration::from_secs(1);
/// Real time the bot is given to come to rest after a hop.
const PATIENCE: Duration = Duration::from_secs(10);
/// Real time left to the reader after something was said on the way.
const READING: Duration = Duration::from_millis(300);
/// What is due within this time after news belongs to it: the card is edited a second after a reminder.
const SETTLING: SignedDuration = SignedDuration::from_secs(5);
/// How far one looks for news.
const FAR: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Where a move ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// At an instant.
    Instant(Timestamp),
    /// As soon as the bot has said something, in a new message or an edited one.
    News,
}

/// What is due next.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    /// When.
    pub(crate) at: Timestamp,
    /// What, in a few words.
    pub(crate) what: String,
}

impl Stage {
    /// Moves time on. Moves asked for at once go one after the other.
    pub(crate) async fn advance(&self, until: Until) {
        let _turn = self.moving.lock().await;
        let mut end = match until {
            Until::Instant(instant) => instant,
            Until::News => self.clock.now() + FAR,
        };
        let mut hop = HOP;
        let mut last_due = None;
        while self.clock.now() < end {
            let due = self.next_due().await;
            if matches!(until, Until::News) && due.is_none_or(|due| due > end) {
                return;
            }
            // What stays overdue, such as a call that is tried again, must not be hopped after second by second.
            hop = if due.is_some() && due == last_due { hop * 2 } else { HOP };
            last_due = due;
            let soonest = self.clock.now() + hop;
            let said = self.said();
            self.set_clock(due.map_or(end, |due| due.max(soonest).min(end.max(soonest)))).await;
            self.rest().await;
            if self.said() > said {
                pause(READING).await;
                if matches!(until, Until::News) {
                    end = end.min(self.clock.now() + SETTLING);
                }
            }
        }
    }

    /// What the bot has to do next; what AWS does by itself nobody waits for.
    pub(crate) async fn next(&self) -> Option<Next> {
        let bot = self.bot.read().await;
        let rows = bot.as_ref()?.host().store.pending(Kind::Change).await.unwrap_or_default();
        let changes = rows.iter().filter_map(|row| {
            let record: ChangeRecord = serde_json::from_value(row.value.clone()).ok()?;
            Some(Next { at: row.due?, what: what(&record, row.due?) })
        });
        let watched = bot.as_ref()?.host().store.pending(Kind::Watch).await.unwrap_or_default();
        let deployments = watched.iter().filter_map(|row| {
            let followed = row.value["state"]["followed"].as_object()?;
            let service = followed.values().next()?["seen"]["service"]["name"].as_str()?;
            Some(Next { at: row.due?, what: format!("The deployment of {service} is looked at") })
        });
        let alerts = bot.as_ref()?.host().store.pending(Kind::Alert).await.unwrap_or_default();
        let alerts = alerts.iter().filter_map(|row| {
            let record: AlertRecord = serde_json::from_value(row.value.clone()).ok()?;
            Some(Next { at: row.due?, what: about(&record, row.due?) })
        });
        changes.chain(deployments).chain(alerts).min_by_key(|next| next.at)
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let bot = self.bot.read().await;
        let bot_due = match bot.as_ref() {
            Some(bot) => bot.next_due().await,
            None => None,
        };
        bot_due.into_iter().chain(self.aws.next_event().await).min()
    }

    async fn set_clock(&self, now: Timestamp) {
        self.aws.run_clock(now, 1.0).await;
        self.clock.set(now);
        self.alertmanager.flushes().await;
        if let Some(bot) = self.bot.read().await.as_ref() {
            bot.look();
        }
        self.slack.changed();
        self.discord.changed();
    }

    /// Waits until the bot is at rest, or as long as patience lasts: what hangs must not stop the clock.
    async fn rest(&self) {
        if let Some(bot) = self.bot.read().await.as_ref() {
            // Patience at its end is no error: the clock goes on, and so does the bot.
            let _ = tokio::time::timeout(PATIENCE, bot.idle()).await;
        }
    }

    /// Counts the bot's messages and their edits.
    fn said(&self) -> usize {
        let on_slack: usize = self.slack.bot_messages().iter().map(|message| message.versions.len()).sum();
        on_slack + self.discord.bot_messages().iter().map(|message| message.versions.len()).sum::<usize>()
    }
}

fn what(record: &ChangeRecord, due: Timestamp) -> String {
    let id = record.id;
    match &record.status {
        Status::AwaitingApproval { expires } if due >= *expires => format!("{id} expires"),
        Status::AwaitingApproval { .. } => format!("The approvers of {id} are reminded"),
        Status::Scheduled { at } if due >= *at => format!("{id} starts"),
        Status::Scheduled { .. } => format!("A reminder that {id} will start"),
        Status::Running { .. } => format!("{id} goes on"),
        Status::Ended { .. } => format!("{id} is put away"),
    }
}

fn about(record: &AlertRecord, due: Timestamp) -> String {
    let id = record.id;
    if record.at_source.next == Some(due) {
        return format!("The source of {id} is asked");
    }
    match &record.handling {
        Handling::Open => format!("{id} is brought to more people"),
        Handling::Acknowledged { until, .. } if due >= *until => format!("{id} comes back if it is still wrong"),
        Handling::Silenced { until, .. } if due >= *until => format!("The silence of {id} ends"),
        Handling::Silenced { .. } => format!("A reminder that the silence of {id} ends"),
        Handling::Acknowledged { .. } => format!("{id} is looked at"),
        Handling::Resolved { .. } if record.waits_for_source() => format!("{id} comes back if it is still wrong"),
        Handling::Resolved { .. } => format!("{id} is over for good"),
    }
}

#[expect(clippy::disallowed_methods, reason = "people read in real time")]
async fn pause(real: Duration) {
    tokio::time::sleep(real).await;
}
