//! What a platform vouches for is asked anew in time, kept over restarts, and counts only while it answers.

use async_trait::async_trait;
use commands::Message;
use jiff::SignedDuration;
use tokio::sync::watch;

use super::*;
use crate::clock::Clock;
use crate::health::Health;
use crate::identity::{Member, Pairing};
use crate::platform::{Group, Inbound, MessageRef, Reaction, Standing, Target};
use crate::store::sled::SledStore;

/// A platform that puts everybody into the same groups, or gives no answer. Nothing can be posted there.
#[derive(Default)]
struct Elsewhere {
    groups: Mutex<Option<BTreeSet<String>>>,
    asked: std::sync::atomic::AtomicUsize,
}

impl Elsewhere {
    fn says(&self, groups: &[&str]) {
        *self.groups.lock().unwrap() = Some(groups.iter().map(|&group| group.to_owned()).collect());
    }

    fn goes_silent(&self) {
        *self.groups.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(std::sync::atomic::Ordering::SeqCst)
    }
}

fn nothing<T>() -> Result<T, SendError> {
    Err(SendError::Never("there is nothing here".to_owned()))
}

#[async_trait]
impl Platform for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    async fn post(&self, _: &Target, _: &Message, _: &str) -> Result<MessageRef, SendError> {
        nothing()
    }

    async fn edit(&self, _: &MessageRef, _: &Message) -> Result<(), SendError> {
        nothing()
    }

    async fn find(&self, _: &Target, _: &str, _: Timestamp) -> Result<Option<MessageRef>, SendError> {
        nothing()
    }

    async fn reactions(&self, _: &MessageRef) -> Result<Vec<Reaction>, SendError> {
        nothing()
    }

    async fn profile(&self, _: &str) -> Result<Profile, SendError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let groups = self.groups.lock().unwrap().clone().ok_or_else(|| SendError::Again("no answer".to_owned()))?;
        Ok(Profile { email: None, name: "?".to_owned(), zone: None, standing: Standing::Member, groups })
    }

    async fn account(&self, _: &str) -> Result<Option<String>, SendError> {
        nothing()
    }

    fn is_group(&self, _id: &str) -> bool {
        false
    }

    async fn set_group(&self, _: &str, _: &[String]) -> Result<Group, SendError> {
        nothing()
    }

    async fn run(self: Arc<Self>, _: Arc<dyn Inbound>, _: watch::Receiver<bool>) {}

    fn routes(self: Arc<Self>, _: Arc<dyn Inbound>) -> axum::Router {
        axum::Router::new()
    }

    fn health(&self) -> Health {
        Health { ok: true, words: "nothing is here".to_owned() }
    }
}

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn ana() -> PersonId {
    PersonId("ana".to_owned())
}

/// Ana, whose account elsewhere is written down; what is known of her is kept in this folder.
fn known(folder: &std::path::Path, clock: &Clock) -> (Recognition, Arc<Directory>) {
    let account = Account { platform: "elsewhere".to_owned(), id: "1".to_owned() };
    let member = Member {
        id: ana(),
        name: "Ana".to_owned(),
        email: None,
        groups: BTreeSet::new(),
        zone: None,
        accounts: vec![account],
        pairing: Pairing::ByEmail,
    };
    let directory = Arc::new(Directory::new(vec![member]));
    directory.reads(clock.clone());
    let store = Arc::new(SledStore::open(folder, clock.now()).unwrap());
    (Recognition::new(Arc::clone(&directory), store), directory)
}

#[tokio::test]
async fn groups_are_asked_for_anew_and_count_only_while_the_platform_answers() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::standing_at(start());
    let elsewhere = Arc::new(Elsewhere::default());
    let platforms = [Arc::clone(&elsewhere) as Arc<dyn Platform>];
    let account = Account { platform: "elsewhere".to_owned(), id: "1".to_owned() };
    let (people, directory) = known(folder.path(), &clock);
    let groups = |directory: &Directory| directory.person(&ana()).unwrap().groups.into_iter().collect::<Vec<_>>();
    people.renew(&platforms, &[&ana()], clock.now()).await.unwrap();
    assert_eq!(elsewhere.asked(), 0, "it never put anybody into a group");
    elsewhere.says(&["dba"]);
    let person = people.recognise(&*elsewhere, &account, clock.now()).await.unwrap().unwrap();
    assert!(person.groups.contains("dba"), "at once, the first time");
    people.renew(&platforms, &[&ana()], clock.now()).await.unwrap();
    assert_eq!((groups(&directory), elsewhere.asked()), (vec!["dba".to_owned()], 1));
    clock.set(start() + BELIEVED);
    assert!(groups(&directory).is_empty(), "nobody has asked");
    people.renew(&platforms, &[&ana()], clock.now()).await.unwrap();
    assert_eq!((groups(&directory), elsewhere.asked()), (vec!["dba".to_owned()], 2));
    elsewhere.goes_silent();
    clock.set(start() + BELIEVED * 2);
    assert!(people.renew(&platforms, &[&ana()], clock.now()).await.is_err());
    assert!(groups(&directory).is_empty());
    people.renew(&[], &[&ana()], clock.now()).await.unwrap();
    assert!(groups(&directory).is_empty(), "a platform that is no longer used gives nothing");
    elsewhere.says(&[]);
    people.renew(&platforms, &[&ana()], clock.now()).await.unwrap();
    assert!(groups(&directory).is_empty() && directory.people()[0].groups.is_empty());
}

#[tokio::test]
async fn what_was_vouched_for_before_a_restart_is_asked_for_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::standing_at(start());
    let elsewhere = Arc::new(Elsewhere::default());
    let platforms = [Arc::clone(&elsewhere) as Arc<dyn Platform>];
    let account = Account { platform: "elsewhere".to_owned(), id: "1".to_owned() };
    elsewhere.says(&["dba"]);
    let (people, directory) = known(folder.path(), &clock);
    people.recognise(&*elsewhere, &account, clock.now()).await.unwrap().unwrap();
    drop((people, directory));
    let (people, directory) = known(folder.path(), &clock);
    people.restore().await.unwrap();
    assert!(directory.people()[0].groups.contains("dba"), "it is known for display");
    assert!(directory.person(&ana()).unwrap().groups.is_empty(), "and counts for nothing yet");
    people.renew(&platforms, &[&ana()], clock.now() + SignedDuration::from_secs(1)).await.unwrap();
    assert!(directory.person(&ana()).unwrap().groups.contains("dba"));
}
