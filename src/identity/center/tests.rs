use proptest::prelude::*;

use super::*;

fn seen(id: &str, name: &str, email: &str, groups: &[&str]) -> Seen {
    Seen {
        id: id.to_owned(),
        name: name.to_owned(),
        display_name: String::new(),
        email: Some(email.to_owned()).filter(|email| !email.is_empty()),
        standing: Standing::Active,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn member(id: &str, email: &str, pairing: Pairing) -> Member {
    Member {
        id: PersonId(id.to_owned()),
        name: id.to_uppercase(),
        email: Some(email.to_owned()),
        groups: BTreeSet::new(),
        zone: None,
        accounts: Vec::new(),
        pairing,
    }
}

fn register(members: Vec<Member>) -> Register {
    Register {
        members: members.into_iter().map(|member| (member.id.clone(), member)).collect(),
        counting: BTreeSet::from(["sre".to_owned(), "dba".to_owned()]),
        reserved: BTreeSet::from([PersonId("root".to_owned())]),
    }
}

fn reading(users: &[Seen]) -> Reading {
    Reading { at: Timestamp::UNIX_EPOCH, users: users.to_vec() }
}

/// `id=person`, marked `*` where `people.toml` has them.
fn people(center: &Center) -> String {
    let one = |user: &User| format!("{}={}{}", user.id, user.person, if user.paired.is_some() { "*" } else { "" });
    center.users().iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn people_are_called_by_their_user_name_where_that_makes_an_id_and_never_like_somebody_else() {
    let register = register(vec![member("ana", "ana@example.com", Pairing::ByEmail)]);
    let users = [
        seen("1", "Ben.Chen", "ben@example.com", &[]),
        seen("2", "bea@corp.example.com", "bea@example.com", &[]),
        seen("3", "ana", "another.ana@example.com", &[]),
        seen("4", "watchkeeper", "", &[]),
        seen("5", "root", "root@example.com", &[]),
        seen("6", "Zoë", "ZOE@example.com", &[]),
        seen("7", "ben chen", "ben.chen@example.com", &[]),
    ];
    let center = Center::default().after(&reading(&users), &register);
    let mut named: Vec<_> = center.users().iter().map(|user| format!("{}={}", user.id, user.person)).collect();
    named.sort();
    assert_eq!(named.join(" "), "1=ben.chen 2=bea 3=ana-2 4=user 5=root-2 6=zoe 7=ben.chen-2");
}

#[test]
fn a_pair_stays_until_people_toml_says_something_else() {
    let by_email = register(vec![member("ana", "ana@example.com", Pairing::ByEmail)]);
    let first = Center::default().after(&reading(&[seen("1", "ana.ruiz", "Ana@example.com", &["sre", "wheel"])]), &by_email);
    assert_eq!(people(&first), "1=ana*");
    assert_eq!(first.user("1").unwrap().groups, BTreeSet::from(["sre".to_owned()]), "wheel does not count");
    let renamed = [seen("1", "ana.silva", "ana.silva@example.com", &[]), seen("2", "ana.ruiz", "ana@example.com", &[])];
    let second = first.after(&reading(&renamed), &by_email);
    assert_eq!(people(&second), "1=ana* 2=ana.ruiz", "the address is somebody else's now");
    let gone = second.after(&reading(&renamed[1..]), &by_email);
    assert_eq!(people(&gone), "1=ana* 2=ana.ruiz");
    assert_eq!(gone.user("1").unwrap().standing, Standing::Deleted);
    let named = register(vec![member("ana", "ana@example.com", Pairing::Named("Ana.Ruiz".to_owned()))]);
    assert_eq!(people(&gone.with(&named)), "1=ana.silva 2=ana*", "written down, it is her");
    let nobody = register(vec![member("ana", "ana@example.com", Pairing::Nobody)]);
    assert_eq!(people(&gone.with(&nobody)), "1=ana.silva 2=ana.ruiz");
    assert_eq!(people(&gone.with(&register(Vec::new()))), "1=ana 2=ana.ruiz", "out of people.toml, still called ana");
}

#[test]
fn an_address_that_two_users_have_says_nothing() {
    let register = register(vec![member("ana", "ana@example.com", Pairing::ByEmail)]);
    let twins = [seen("1", "a", "ana@example.com", &[]), seen("2", "b", "ana@example.com", &[])];
    assert_eq!(people(&Center::default().after(&reading(&twins), &register)), "1=a 2=b");
}

prop_compose! {
    fn any_seen()(id in 0..6_u8, name in 0..4_u8, email in 0..4_u8, standing in 0..2_u8) -> Seen {
        let names = ["ana", "ben", "Sam.Rivers", "x y"];
        let emails = ["ana@example.com", "ben@example.com", "sam@example.com", ""];
        let mut seen = seen(&id.to_string(), names[usize::from(name)], emails[usize::from(email)], &["sre"]);
        seen.standing = if standing == 0 { Standing::Active } else { Standing::Disabled };
        seen
    }
}

proptest! {
    #[test]
    fn whatever_happens_in_identity_center_nobody_becomes_somebody_else(
        readings in prop::collection::vec(prop::collection::vec(any_seen(), 0..6), 1..8)
    ) {
        let register = register(vec![
            member("ana", "ana@example.com", Pairing::ByEmail),
            member("ben", "nowhere@example.com", Pairing::Named("ben".to_owned())),
        ]);
        let mut center = Center::default();
        for users in readings {
            let users: BTreeMap<String, Seen> = users.into_iter().map(|seen| (seen.id.clone(), seen)).collect();
            let users: Vec<Seen> = users.into_values().collect();
            let after = center.after(&reading(&users), &register);
            let ids: HashSet<_> = after.users().iter().map(|user| &user.person).collect();
            prop_assert_eq!(ids.len(), after.users().len(), "one id each: {}", people(&after));
            for user in after.users() {
                prop_assert_eq!(user.paired.is_some(), register.members.contains_key(&user.person));
                prop_assert_eq!(user.standing == Standing::Deleted, users.iter().all(|seen| seen.id != user.id));
                prop_assert!(user.standing != Standing::Deleted || user.groups.is_empty());
            }
            for (user, then) in center.users().iter().zip(after.users()) {
                prop_assert_eq!(&user.id, &then.id, "nobody is forgotten or moved");
                let joined = user.paired.is_none() && then.paired.is_some();
                prop_assert!(user.person == then.person || joined, "{} became {}", user.person, then.person);
                // A pair that was found is never dissolved by what happens in Identity Center.
                prop_assert!(user.paired.is_none() || then.paired == user.paired);
            }
            let again = after.after(&reading(&users), &register);
            prop_assert_eq!(&again, &after, "the same reading changes nothing");
            center = after;
        }
    }
}
