use super::*;

fn member(id: &str, accounts: &[&str]) -> Member {
    Member {
        id: PersonId(id.to_owned()),
        name: id.to_uppercase(),
        email: Some(format!("{id}@example.com")),
        groups: BTreeSet::new(),
        zone: None,
        accounts: accounts.iter().map(|id| slack(id)).collect(),
        pairing: Pairing::ByEmail,
    }
}

fn slack(id: &str) -> Account {
    Account { platform: "slack".to_owned(), id: id.to_owned() }
}

fn profile(email: &str, standing: Standing) -> Profile {
    Profile {
        email: Some(email.to_owned()),
        name: "?".to_owned(),
        zone: Some("Asia/Taipei".to_owned()),
        standing,
        groups: BTreeSet::new(),
    }
}

fn id(identified: Identified) -> Option<String> {
    match identified {
        Identified::Known(person) => Some(person.id.0),
        _ => None,
    }
}

#[test]
fn a_written_account_counts_and_an_email_only_where_none_is_written() {
    let directory = Directory::new(vec![member("ana", &["U1"]), member("ben", &[])]);
    let ana = profile("ana@example.com", Standing::Member);
    assert_eq!(id(directory.identify(&slack("U1"), None)).as_deref(), Some("ana"));
    assert_eq!(directory.identify(&slack("U9"), Some(&ana)), Identified::Unknown, "somebody else with ana's address");
    let ben = profile("Ben@Example.com", Standing::Member);
    let Identified::Known(person) = directory.identify(&slack("U2"), Some(&ben)) else { panic!("ben is known") };
    assert_eq!((person.id.0.as_str(), person.zone.as_str()), ("ben", "Asia/Taipei"));
    assert_eq!(directory.identify(&slack("U2"), None), Identified::Unknown, "nothing was learned yet");
    directory.learn(directory.news(&slack("U2"), &person, Timestamp::UNIX_EPOCH).unwrap());
    assert_eq!(directory.identify(&slack("U2"), None), Identified::Known(person.clone()));
    assert_eq!(directory.person(&person.id), Some(person.clone()), "the zone is remembered");
    assert_eq!(directory.account("slack", &person.id).as_deref(), Some("U2"));
    let gone = profile("other@example.com", Standing::Member);
    assert_eq!(directory.identify(&slack("U2"), Some(&gone)), Identified::Unknown, "the address is no longer ben's");
}

#[test]
fn guests_bots_and_deactivated_accounts_are_refused_even_when_written_down() {
    let directory = Directory::new(vec![member("ana", &["U1"])]);
    for (standing, refusal) in
        [(Standing::Guest, Refusal::Guest), (Standing::Bot, Refusal::Bot), (Standing::Gone, Refusal::Deactivated)]
    {
        let profile = profile("ana@example.com", standing);
        assert_eq!(directory.identify(&slack("U1"), Some(&profile)), Identified::Refused(refusal));
    }
}

#[test]
fn mentions_become_people_where_they_are_known() {
    let directory = Directory::new(vec![member("ana", &["U1"])]);
    assert_eq!(
        directory.with_people("can @slack:U1 rds upgrade; not @slack:U77, nor a@b.c @ana @"),
        "can @ana rds upgrade; not @slack:U77, nor a@b.c @ana @"
    );
    let unknown = directory.unknown_in("slack", "can @slack:U1 rds upgrade; not @slack:U77, nor a@b.c @ana @irc:U7 @");
    assert_eq!(unknown, [slack("U77")]);
}

fn user(id: &str, person: &str, email: &str) -> center::User {
    center::User {
        id: id.to_owned(),
        person: PersonId(person.to_owned()),
        paired: None,
        name: person.to_owned(),
        display_name: String::new(),
        email: Some(email.to_owned()),
        groups: BTreeSet::from(["dba".to_owned(), "unlisted".to_owned()]),
        standing: center::Standing::Active,
    }
}

fn both(members: Vec<Member>, users: Vec<center::User>) -> Directory {
    let directory = Directory::new(members).with_identity_center(BTreeSet::from(["dba".to_owned()]), BTreeSet::new());
    directory.restore(&Center::of(Timestamp::UNIX_EPOCH, users));
    directory
}

fn learn(directory: &Directory, account: &str, email: &str) -> Option<News> {
    let Identified::Known(person) = directory.identify(&slack(account), Some(&profile(email, Standing::Member))) else {
        panic!("{email} is known")
    };
    let news = directory.news(&slack(account), &person, Timestamp::UNIX_EPOCH);
    news.iter().for_each(|news| directory.learn(news.clone()));
    news
}

fn refused(identified: Identified) -> Option<Refusal> {
    match identified {
        Identified::Refused(refusal) => Some(refusal),
        _ => None,
    }
}

#[test]
fn an_account_once_matched_follows_its_user_whatever_the_addresses_become() {
    let directory = both(Vec::new(), vec![user("u-1", "sam", "sam@example.com")]);
    let matched = learn(&directory, "U1", "SAM@example.com").and_then(|news| news.matched);
    assert_eq!(matched.as_deref(), Some("u-1"));
    assert_eq!(learn(&directory, "U1", "new@example.com"), None, "nothing new");
    directory.restore(&Center::of(
        Timestamp::UNIX_EPOCH,
        vec![
            center::User { standing: center::Standing::Deleted, ..user("u-1", "sam", "sam@example.com") },
            user("u-2", "sam-2", "sam@example.com"),
        ],
    ));
    let seen = |account: &str, email: &str| directory.identify(&slack(account), Some(&profile(email, Standing::Member)));
    assert_eq!(refused(seen("U1", "sam@example.com")), Some(Refusal::Deleted), "its address is another user's now");
    assert_eq!(id(seen("U2", "sam@example.com")).as_deref(), Some("sam-2"));
    assert_eq!(refused(seen("U3", "nobody@example.com")), Some(Refusal::Unlisted));
}

#[test]
fn a_person_has_one_account_a_platform_for_good() {
    let directory = both(Vec::new(), vec![user("u-1", "sam", "sam@example.com")]);
    learn(&directory, "U1", "sam@example.com");
    let other = directory.identify(&slack("U2"), Some(&profile("sam@example.com", Standing::Member)));
    assert_eq!(refused(other), Some(Refusal::Taken));
    let discord = Account { platform: "discord".to_owned(), id: "1".to_owned() };
    assert_eq!(id(directory.identify(&discord, Some(&profile("sam@example.com", Standing::Member)))).as_deref(), Some("sam"));
}

#[test]
fn an_address_in_identity_center_makes_nobody_a_person_of_people_toml_who_has_another_one() {
    let named = Member { pairing: Pairing::Named("ana.ruiz".to_owned()), ..member("ana", &[]) };
    let mut ana = user("u-1", "ana.ruiz", "eve@example.com");
    ana.name = "ana.ruiz".to_owned();
    let directory = both(vec![named], vec![ana]);
    let eve = directory.identify(&slack("U9"), Some(&profile("eve@example.com", Standing::Member)));
    assert_eq!(refused(eve), Some(Refusal::Unlisted));
    let person = directory.identify(&slack("U1"), Some(&profile("ana@example.com", Standing::Member)));
    let Identified::Known(person) = person else { panic!("ana is known by the address people.toml has") };
    assert_eq!(person.groups, BTreeSet::from(["dba".to_owned()]), "unlisted groups never count");
}

#[test]
fn before_the_first_reading_people_of_people_toml_are_known_and_others_are_waited_for() {
    let counting = BTreeSet::from(["dba".to_owned()]);
    let directory = Directory::new(vec![member("ana", &[])]).with_identity_center(counting, BTreeSet::new());
    assert!(!directory.is_complete());
    let seen = |email: &str| directory.identify(&slack("U1"), Some(&profile(email, Standing::Member)));
    assert_eq!(id(seen("ana@example.com")).as_deref(), Some("ana"));
    assert_eq!(refused(seen("sam@example.com")), Some(Refusal::Unread));
    let edition = directory.edition();
    directory.restore(&Center::of(Timestamp::UNIX_EPOCH, Vec::new()));
    assert!(directory.is_complete());
    assert_eq!(directory.edition(), edition, "the same people in the same groups");
    assert_eq!(refused(seen("sam@example.com")), Some(Refusal::Unlisted));
    directory.restore(&Center::of(Timestamp::UNIX_EPOCH, vec![user("u-1", "sam", "sam@example.com")]));
    assert_eq!(directory.edition(), edition + 1);
}

fn elsewhere(id: &str) -> Account {
    Account { platform: "elsewhere".to_owned(), id: id.to_owned() }
}

/// An account of a platform that vouches for no e-mail address, in these groups.
fn in_groups(groups: &[&str]) -> Profile {
    let groups = groups.iter().map(|&group| group.to_owned()).collect();
    Profile { email: None, name: "?".to_owned(), zone: None, standing: Standing::Member, groups }
}

fn link(directory: &Directory, account: &Account, id: &str) {
    let person = directory.person(&PersonId(id.to_owned())).unwrap();
    directory.learn(directory.linked(account, &person, (By::Code, Timestamp::UNIX_EPOCH)));
}

#[test]
fn a_link_of_an_earlier_release_was_learned_by_an_address() {
    let kept = serde_json::json!({
        "account": { "platform": "slack", "id": "U1" }, "person": "ana", "zone": "UTC", "at": "2026-11-25T10:00:00Z"
    });
    let link: Link = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!((link.by, link.groups.is_empty()), (By::Address, true));
    assert_eq!(serde_json::to_value(link).unwrap(), kept);
}

#[test]
fn a_linked_account_is_somebodys_whatever_its_address_until_it_is_given_up() {
    let directory = Directory::new(vec![member("ana", &[]), member("ben", &[])]);
    learn(&directory, "U1", "ana@example.com");
    let seen = |account: &str, email: &str| directory.identify(&slack(account), Some(&profile(email, Standing::Member)));
    link(&directory, &slack("U2"), "ana");
    assert_eq!(id(seen("U2", "ben@example.com")).as_deref(), Some("ana"), "even that of somebody else");
    assert_eq!(id(directory.identify(&slack("U2"), None)).as_deref(), Some("ana"));
    assert_eq!(refused(seen("U1", "ana@example.com")), Some(Refusal::Taken), "one account a platform");
    assert_eq!(directory.accounts(&PersonId("ana".to_owned())), [slack("U2")]);
    let news = learn(&directory, "U2", "ana@example.com");
    assert!(news.is_none_or(|news| news.link.by == By::Code), "it stays linked by a code");
    let gone = profile("ana@example.com", Standing::Gone);
    assert_eq!(directory.identify(&slack("U2"), Some(&gone)), Identified::Refused(Refusal::Deactivated));
    directory.forget(&slack("U2"));
    assert_eq!(id(seen("U1", "ana@example.com")).as_deref(), Some("ana"));
    assert_eq!(id(seen("U2", "ben@example.com")).as_deref(), Some("ben"));
}

#[test]
fn no_code_counts_where_an_account_is_written_down() {
    let directory = Directory::new(vec![member("ana", &["U1"])]);
    link(&directory, &slack("U2"), "ana");
    let ana = profile("ana@example.com", Standing::Member);
    assert_eq!(directory.identify(&slack("U2"), Some(&ana)), Identified::Unknown);
    assert_eq!(directory.accounts(&PersonId("ana".to_owned())), [slack("U1")]);
    link(&directory, &elsewhere("1"), "ana");
    assert_eq!(id(directory.identify(&elsewhere("1"), Some(&in_groups(&[])))).as_deref(), Some("ana"));
}

#[test]
fn a_linked_account_follows_its_owners_user() {
    let users = |standing| vec![center::User { standing, ..user("u-1", "sam", "sam@example.com") }];
    let directory = both(Vec::new(), users(center::Standing::Active));
    link(&directory, &elsewhere("1"), "sam");
    assert_eq!(id(directory.identify(&elsewhere("1"), Some(&in_groups(&[])))).as_deref(), Some("sam"));
    for (standing, refusal) in [(center::Standing::Disabled, Refusal::Disabled), (center::Standing::Deleted, Refusal::Deleted)] {
        directory.restore(&Center::of(Timestamp::UNIX_EPOCH, users(standing)));
        assert_eq!(refused(directory.identify(&elsewhere("1"), Some(&in_groups(&[])))), Some(refusal));
    }
}

#[test]
fn what_a_platform_vouches_for_counts_for_five_minutes() {
    let start = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    let after = |seconds| start + SignedDuration::from_secs(seconds);
    let directory = Directory::new(vec![member("ana", &[]), member("ben", &[])]);
    let clock = Clock::standing_at(start);
    directory.reads(clock.clone());
    let ana = PersonId("ana".to_owned());
    let strict = || directory.person(&ana).unwrap().groups.into_iter().collect::<Vec<_>>();
    let last_known = || directory.people().remove(0).groups.into_iter().collect::<Vec<_>>();
    let unheard = |seconds| directory.unheard(&ana, (vouched::BELIEVED, after(seconds)));
    directory.hear(&elsewhere("1"), &in_groups(&["dba"]), start);
    assert!(strict().is_empty(), "nobody knows yet whose account it is");
    link(&directory, &elsewhere("1"), "ana");
    let edition = directory.edition();
    directory.hear(&elsewhere("1"), &in_groups(&["dba"]), start);
    let person = directory.person(&ana).unwrap();
    directory.learn(directory.news(&elsewhere("1"), &person, start).unwrap());
    assert_eq!((strict(), last_known()), (vec!["dba".to_owned()], vec!["dba".to_owned()]));
    assert!(directory.edition() > edition, "who could do something has changed");
    assert!(directory.identify(&elsewhere("1"), None) == Identified::Known(directory.person(&ana).unwrap()));
    clock.set(after(299));
    assert_eq!((strict(), unheard(299)), (vec!["dba".to_owned()], vec![]));
    clock.set(after(300));
    assert_eq!((strict(), last_known()), (vec![], vec!["dba".to_owned()]));
    assert_eq!(unheard(300), [elsewhere("1")]);
    directory.hear(&elsewhere("1"), &in_groups(&[]), after(300));
    assert_eq!((strict(), unheard(300)), (vec![], vec![]));
    directory.hear(&elsewhere("1"), &in_groups(&["dba"]), after(300));
    assert_eq!(strict(), ["dba"]);
    directory.hear(&elsewhere("1"), &Profile { standing: Standing::Guest, ..in_groups(&["dba"]) }, after(300));
    assert_eq!((strict(), unheard(300)), (vec![], vec![]), "a guest's groups don't count, and nothing is open about them");
    directory.hear(&elsewhere("1"), &in_groups(&["dba"]), after(300));
    directory.forget(&elsewhere("1"));
    assert!(strict().is_empty() && last_known().is_empty(), "nor those of an account that was given up");
}

#[test]
fn groups_kept_over_a_restart_are_shown_and_asked_for_and_do_not_count() {
    let before = Directory::new(vec![member("ana", &[])]);
    link(&before, &elsewhere("1"), "ana");
    before.hear(&elsewhere("1"), &in_groups(&["dba"]), Timestamp::UNIX_EPOCH);
    let ana = before.person(&PersonId("ana".to_owned())).unwrap();
    let news = before.news(&elsewhere("1"), &ana, Timestamp::UNIX_EPOCH).unwrap();
    let kept: Link = serde_json::from_value(serde_json::to_value(&news.link).unwrap()).unwrap();
    let after = Directory::new(vec![member("ana", &[])]);
    after.reads(Clock::standing_at(Timestamp::UNIX_EPOCH));
    after.learn(News { link: kept, replaced: Vec::new(), matched: None });
    assert!(after.person(&ana.id).unwrap().groups.is_empty());
    assert!(after.people()[0].groups.contains("dba") && after.people_with_groups().contains(&ana.id));
    assert_eq!(after.unheard(&ana.id, (vouched::BELIEVED, Timestamp::UNIX_EPOCH)), [elsewhere("1")]);
    let [account] = &after.origin(&ana.id).accounts[..] else { panic!("one account") };
    assert_eq!((account.known, account.at, account.groups.len()), (Known::ByCode, None, 1));
}
