use commands::context::{Account, Authority};
use commands::{Command, change};
use insta::assert_snapshot;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::config::DEFAULT_POLICY;
use crate::identity::{Directory, Member, Pairing};

mod words;

fn policy(text: &str) -> std::result::Result<Policy, ConfigErrors> {
    Policy::parse(&PolicyText { file: "policy.cedar".to_owned(), text: text.to_owned() }, commands::ALL)
}

fn person(id: &str, groups: &[&str]) -> Person {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Person { id: PersonId(id.to_owned()), name: id.to_owned(), email: None, groups, zone: "UTC".to_owned() }
}

fn database(env: &str) -> Resource {
    let (env, project) = (Some(env.to_owned()), Some("shop".to_owned()));
    Resource { env, project, ..Resource::named("database", "orders") }
}

fn settings() -> Settings {
    let account = |id: &str, env: &str| Account {
        id: id.to_owned(),
        name: format!("shop-{env}"),
        project: "shop".to_owned(),
        env: env.to_owned(),
        regions: vec!["eu-central-1".to_owned()],
        roles: [].into(),
    };
    Settings {
        accounts: vec![account("111111111111", "dev"), account("222222222222", "prod")],
        prefix: "/".to_owned(),
        ..Settings::default()
    }
}

/// The default policy over four people.
pub(super) fn law() -> Law {
    let member = |id: &str, name: &str, groups: &[&str]| Member {
        id: PersonId(id.to_owned()),
        name: name.to_owned(),
        email: Some(format!("{id}@example.com")),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        zone: Some("Europe/Berlin".to_owned()),
        accounts: Vec::new(),
        pairing: Pairing::ByEmail,
    };
    let directory = Directory::new(vec![
        member("dora", "Dora Diaz", &["dba"]),
        member("nils", "Nils Noe", &[]),
        member("sam", "Sam Sato", &["sre"]),
        member("sue", "Sue Sol", &["sre", "contractors"]),
    ]);
    Law::new(policy(DEFAULT_POLICY).unwrap(), directory, settings())
}

/// A decision in one line.
fn line(decision: &Decision) -> String {
    match decision {
        Decision::Allowed { rule, requires: None } => format!("{rule}: at once"),
        Decision::Allowed { rule, requires: Some(need) } => format!("{rule}: {} of {}", need.approvals, need.group),
        Decision::Denied { rule, why } => format!("no ({}): {why}", rule.as_deref().unwrap_or("no rule")),
    }
}

#[test]
fn the_default_policy_decides() {
    let policy = policy(DEFAULT_POLICY).unwrap_or_else(|errors| panic!("{errors}"));
    let nobody = person("nils", &[]);
    let [sre, dba, auditor] = [("sam", "sre"), ("dora", "dba"), ("aud", "auditors")].map(|(id, group)| person(id, &[group]));
    let both = person("cora", &["sre", "contractors"]);
    let change = Resource { asker: Some(nobody.id.clone()), kind: "change".to_owned(), ..database("prod") };
    let plain = Resource::default();
    let table = [
        (&nobody, "rds list", &plain),
        (&nobody, "audit search", &plain),
        (&auditor, "audit search", &plain),
        (&sre, "rds upgrade", &database("dev")),
        (&sre, "rds upgrade", &database("staging")),
        (&sre, "rds upgrade", &database("prod")),
        (&sre, "rds upgrade", &Resource::named("database", "orders")),
        (&dba, "rds upgrade", &database("prod")),
        (&dba, "rds upgrade", &database("dev")),
        (&nobody, "rds upgrade", &database("prod")),
        (&both, "rds upgrade", &database("prod")),
        (&both, "rds upgrade", &database("staging")),
        (&nobody, "change cancel", &change),
        (&dba, "change cancel", &change),
        (&sre, "change cancel", &change),
        (&dba, "change approve", &change),
        (&nobody, "change approve", &change),
        (&nobody, "change freeze start", &plain),
        (&sre, "rds delete", &plain),
    ];
    let lines = table.map(|(person, action, resource)| {
        format!("{} {action} {}\n    {}", person.id, whereabouts(resource), line(&policy.decide(person, action, resource)))
    });
    assert_snapshot!(lines.join("\n"), @r#"
    nils rds list 
        look: at once
    nils audit search 
        no (no rule): No rule permits it. People in auditors or sre may run it.
    aud audit search 
        read-audit: at once
    sam rds upgrade database orders in dev of shop
        upgrade-dev: at once
    sam rds upgrade database orders in staging of shop
        upgrade-staging: 1 of sre
    sam rds upgrade database orders in prod of shop
        upgrade-prod: 1 of dba
    sam rds upgrade database orders
        no (no rule): No rule lets anybody run rds upgrade. Whoever keeps the policy can add one.
    dora rds upgrade database orders in prod of shop
        upgrade-prod: 1 of dba
    dora rds upgrade database orders in dev of shop
        no (no rule): No rule permits it. People in sre may run it.
    nils rds upgrade database orders in prod of shop
        no (no rule): No rule permits it. People in dba or sre may run it.
    cora rds upgrade database orders in prod of shop
        no (contractors-stay-out-of-prod): People in contractors change nothing in prod. Ask somebody in sre to do it with you.
    cora rds upgrade database orders in staging of shop
        upgrade-staging: 1 of sre
    nils change cancel change orders in prod of shop
        own-changes: at once
    dora change cancel change orders in prod of shop
        no (no rule): No rule permits it. People in sre may run it.
    sam change cancel change orders in prod of shop
        any-change: at once
    dora change approve change orders in prod of shop
        vote: at once
    nils change approve change orders in prod of shop
        no (no rule): No rule permits it. People in dba or sre may run it.
    nils change freeze start 
        no (no rule): No rule permits it. People in sre may run it.
    sam rds delete 
        no (no rule): There is no command "rds delete", so the policy can't allow it.
    "#);
}

#[test]
fn before_aws_was_asked_any_place_will_do() {
    let policy = policy(DEFAULT_POLICY).unwrap();
    let orders = Resource::named("database", "orders");
    let possible = |person: &Person, action, resource: &Resource| line(&policy.possible(person, action, resource, &settings()));
    assert_eq!(possible(&person("sam", &["sre"]), "rds upgrade", &orders), "upgrade-dev: at once");
    assert_eq!(possible(&person("dora", &["dba"]), "rds upgrade", &orders), "upgrade-prod: 1 of dba");
    assert_eq!(possible(&person("nils", &[]), "change cancel", &Resource::named("change", "CHG-7")), "own-changes: at once");
    assert_snapshot!(possible(&person("nils", &[]), "rds upgrade", &orders), @"no (no rule): No rule permits it. People in dba or sre may run it.");
    assert_snapshot!(possible(&person("cody", &["contractors"]), "rds upgrade", &orders), @"no (contractors-stay-out-of-prod): People in contractors change nothing in prod. Ask somebody in sre to do it with you.");
}

#[test]
fn places_the_policy_can_not_tell_apart_are_one() {
    let account = |number: usize| Account {
        id: format!("{number:012}"),
        name: format!("account-{number}"),
        project: format!("project-{}", number / 3),
        env: ["dev", "staging", "prod"][number % 3].to_owned(),
        regions: Vec::new(),
        roles: [].into(),
    };
    let settings = Settings { accounts: (0..900).map(account).collect(), ..settings() };
    let places = |condition: &str| {
        let rule = format!("@id(\"one\") permit (principal, action == Action::\"rds list\", resource) when {{ {condition} }};");
        policy(&rule).unwrap().places(&Resource::named("database", "orders"), &settings).len()
    };
    let env = r#"resource has env && resource.env == "prod""#;
    let project = r#"resource has project && resource.project == "project-7""#;
    let like = r#"resource has project && resource.project like "project-7*""#;
    let each_other = "resource has project && resource.project == resource.name";
    let account = r#"resource has account && ["000000000005", "000000000006"].contains(resource.account)"#;
    assert_eq!(places(env), 1 + 2, "prod and the rest");
    assert_eq!(places(&format!("{env} && {project}")), 1 + 4, "each in project 7 and elsewhere");
    assert_eq!(places(like), 1 + 900);
    assert_eq!(places(each_other), 1 + 900);
    assert_eq!(places(account), 1 + 3, "the two accounts and the rest");
}

#[test]
fn the_least_demanding_permit_counts() {
    let policy = policy(
        r#"@id("two") @approvals("2") @approvers("sre") permit (principal, action == Action::"rds upgrade", resource);
           @id("one") @approvals("1") @approvers("sre") permit (principal, action == Action::"rds upgrade", resource);
           @id("own") @approvals("1") @approvers("dba") @self_approval("counts") permit (principal, action == Action::"rds upgrade", resource);
           @id("free") permit (principal in Group::"boss", action == Action::"rds upgrade", resource);"#,
    )
    .unwrap();
    assert_eq!(line(&policy.decide(&person("ana", &[]), "rds upgrade", &database("dev"))), "own: 1 of dba");
    assert_eq!(line(&policy.decide(&person("bo", &["boss"]), "rds upgrade", &database("dev"))), "free: at once");
}

#[test]
fn a_rule_for_emergencies_counts_in_emergencies_alone() {
    let policy = policy(
        r#"@id("slow") @approvals("2") @approvers("dba") permit (principal in Group::"dba", action == Action::"rds upgrade", resource);
           @id("glass") @emergency("yes") permit (principal in Group::"sre", action, resource);
           @id("never") forbid (principal, action, resource) when { resource has env && resource.env == "staging" };"#,
    )
    .unwrap();
    let [sam, dora] = [("sam", "sre"), ("dora", "dba")].map(|(id, group)| person(id, &[group]));
    let lines = [
        policy.decide(&sam, "rds upgrade", &database("prod")),
        policy.decide_in_emergency(&sam, "rds upgrade", &database("prod")),
        policy.possible(&sam, "rds upgrade", &Resource::default(), &settings()),
        policy.decide(&dora, "rds upgrade", &database("prod")),
        policy.decide_in_emergency(&dora, "rds upgrade", &database("prod")),
        policy.decide_in_emergency(&sam, "rds upgrade", &database("staging")),
        // What is done at once has no glass to break.
        policy.decide_in_emergency(&sam, "change freeze stop", &database("prod")),
        policy.possible(&sam, "change freeze stop", &Resource::default(), &settings()),
    ];
    assert_snapshot!(lines.map(|decision| line(&decision)).join("\n"), @"
    no (no rule): No rule permits it. People in dba may run it.
    glass: at once
    glass: at once
    slow: 2 of dba
    no (no rule): No rule permits it. People in sre may break the glass for it.
    no (never): The rule never forbids it.
    no (no rule): No rule lets anybody break the glass for it; whoever keeps the policy can add one.
    no (no rule): No rule lets anybody run change freeze stop. Whoever keeps the policy can add one.
    ");
}

#[test]
fn whoever_may_not_break_the_glass_is_told_the_ordinary_way() {
    let law = law();
    let [sam, nils] = ["sam", "nils"].map(|id| law.person(&PersonId(id.to_owned())).unwrap());
    assert_snapshot!(line(&law.decide_in_emergency(&sam, "rds upgrade", &database("prod"))), @"no (no rule): No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it after 1 approval of dba.");
    assert_snapshot!(line(&law.decide_in_emergency(&sam, "rds upgrade", &database("dev"))), @"no (no rule): No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it at once.");
    assert_snapshot!(line(&law.decide_in_emergency(&nils, "rds upgrade", &database("prod"))), @"no (no rule): No rule lets anybody break the glass for it; whoever keeps the policy can add one.");
}

#[test]
fn what_is_done_at_once_can_not_be_made_to_wait_for_approval() {
    let asking = |scope: &str| {
        let text = format!(r#"@id("r") @approvals("1") @approvers("sre") permit (principal, {scope}, resource);"#);
        policy(&text).map(|_| ()).unwrap_err()
    };
    assert_snapshot!(asking(r#"action == Action::"change freeze stop""#), @"policy.cedar:1:1: r: It covers change freeze stop, which is done at once and can't wait for approval: give that a rule without @approvals.");
    assert_snapshot!(asking(r#"action in Action::"changes""#), @"policy.cedar:1:1: r: It covers access done, which is done at once and can't wait for approval: give that a rule without @approvals.");
    assert_snapshot!(asking(r#"action in [Action::"rds upgrade", Action::"rds list"]"#), @"policy.cedar:1:1: r: It covers rds list, which is done at once and can't wait for approval: give that a rule without @approvals.");
}

#[test]
fn a_rule_that_breaks_denies() {
    let policy = policy(
        r#"@id("all") permit (principal, action, resource);
           @id("sum") forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };"#,
    )
    .unwrap();
    assert_snapshot!(line(&policy.decide(&person("ana", &[]), "rds list", &Resource::default())), @"no (no rule): The rule sum breaks here, so nothing is allowed. Tell whoever keeps the policy: integer overflow while attempting to add the values `9223372036854775807` and `1`.");
}

#[test]
fn mistakes_in_a_policy_are_told_with_line_and_rule() {
    let errors = policy(
        r#"@id("misspelt") permit (principal, action, resource)
when { resource has project && resource.projct == "shop" };
@id("unknown") permit (principal, action == Action::"rds upgade", resource);
@id("unguarded") permit (principal, action, resource) when { resource.env == "dev" };
permit (principal, action, resource);
@id("unknown") permit (principal, action == Action::"rds upgrade", resource);
@id("odd") @approval("1") @approvers("sre") permit (principal, action, resource);
@id("many") @approvals("lots") @approvers("sre") permit (principal, action, resource);
@id("no") @approvals("1") @approvers("sre") forbid (principal, action, resource);
@id("yes") @says("Welcome.") permit (principal, action, resource);
@id("self") @approvals("1") @approvers("sre") @self_approval("yes") permit (principal, action, resource);
@id("never") permit (principal, action, resource) when { resource.kind == "a" && false };
@id("type") permit (principal, action, resource) when { principal in Grp::"sre" };
@id("glass") @emergency("no") permit (principal, action, resource);
@id("wall") @emergency("yes") forbid (principal, action, resource);
@id("both") @emergency("yes") @approvals("1") @approvers("sre") permit (principal, action == Action::"rds upgrade", resource);
"#,
    );
    assert_snapshot!(errors.unwrap_err(), @r#"
    policy.cedar:2:32: misspelt: Attribute `projct` on entity type `Resource` not found (did you mean `project`?).
    policy.cedar:3:45: unknown: Unrecognized action `Action::"rds upgade"` (did you mean `Action::"rds upgrade"`?).
    policy.cedar:4:62: unguarded: Unable to guarantee safety of access to optional attribute `env` on entity type `Resource` (try testing for the attribute's presence with `e has env && ..`).
    policy.cedar:5:1: This rule has no name: write @id("…") above it.
    policy.cedar:6:1: unknown: The rule in line 3 is called unknown too: every rule needs a name of its own.
    policy.cedar:7:1: odd: There is no @approval. Did you mean @approvals?
    policy.cedar:7:1: odd: @approvals("1") and @approvers("group") go together: how many, and of whom.
    policy.cedar:8:1: many: @approvals takes a number from 1 to 20 and @approvers a group, not "lots" and "sre".
    policy.cedar:9:1: no: @approvals, @approvers and @self_approval are for a permit: nothing lifts a forbid.
    policy.cedar:10:1: yes: @says is for a forbid: a permit has nothing to explain.
    policy.cedar:11:1: self: @self_approval takes "counts" (or is left out), not "yes".
    policy.cedar:11:1: self: It covers access done, which is done at once and can't wait for approval: give that a rule without @approvals.
    policy.cedar:12:1: never: Policy is impossible: the policy expression evaluates to false for all valid requests.
    policy.cedar:13:70: type: Unrecognized entity type `Grp` (did you mean `Group`?).
    policy.cedar:14:1: glass: @emergency takes "yes" (or is left out), not "no".
    policy.cedar:15:1: wall: @emergency is for a permit: a forbid outranks emergencies too.
    policy.cedar:16:1: both: @emergency stands without @approvals: an emergency runs at once and is reviewed afterwards.
    "#);
    let errors = policy("@id(\"a\") permit (principal, action, resource)\nwhen { resource.kind = \"a\" };");
    assert_snapshot!(errors.unwrap_err(), @"policy.cedar:2:8: '=' is not a valid operator in Cedar (try using '==' instead).");
    let errors = policy("// first\n@id(\"t\") permit (principal == ?principal, action, resource);");
    assert_snapshot!(errors.unwrap_err(), @"policy.cedar:2:1: t: Templates (?principal, ?resource) are not used here: write the rule out.");
}

#[test]
fn the_law_names_people_to_ask() {
    let law = law();
    let nils = person("nils", &[]);
    assert_snapshot!(line(&law.decide(&nils, "rds upgrade", &database("prod"))), @"no (no rule): No rule permits it. People in dba or sre may run it. Ask Dora Diaz or Sam Sato.");
    assert_snapshot!(line(&law.possible(&nils, "rds upgrade", &Resource::named("database", "orders"))), @"no (no rule): No rule permits it. People in dba or sre may run it. Ask Dora Diaz, Sam Sato or Sue Sol.");
}

/// All commands that change something; left out are `change review`, which only notes who looks, `access done`, which
/// hands back one's own access alone, and `ecs watch`, which only shows in one more place what everybody may see.
fn changes() -> Vec<&'static str> {
    let changes = commands::ALL.iter().filter(|entry| entry.kind == commands::registry::Kind::Change).map(Entry::name);
    use commands::{access, ecs, oncall};
    let own = [change::review::Review::NAME, access::Done::NAME, ecs::Watch::NAME];
    let own = own.into_iter().chain([oncall::Swap::NAME, oncall::Accept::NAME, oncall::Decline::NAME]);
    let own: Vec<&str> = own.collect();
    changes.filter(|name| !own.contains(name)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_person_in_no_group_is_never_allowed_a_change(
        id in "[a-z]{1,8}",
        kind in "[a-z]{0,8}",
        name in ".{0,12}",
        env in prop::option::of(prop::sample::select(vec!["dev", "staging", "prod", ""])),
        project in prop::option::of("[a-z]{0,6}"),
        asker in prop::option::of("[A-Z]{1,8}"),
        action in prop::sample::select(changes()),
    ) {
        thread_local!(static POLICY: Policy = policy(DEFAULT_POLICY).unwrap());
        let resource = Resource {
            env: env.map(str::to_owned), project, asker: asker.map(PersonId), ..Resource::named(&kind, name)
        };
        let decision = POLICY.with(|policy| policy.decide(&person(&id, &[]), action, &resource));
        let denied = matches!(decision, Decision::Denied { .. });
        prop_assert!(denied, "{decision:?}");
    }
}

proptest! {
    // Each case proves a policy of its own.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    /// Whatever rules there are: a forbid that applies denies on both roads, and a permit allows on its own alone.
    #[test]
    fn each_road_has_its_own_permits(rules in prop::collection::vec((any::<[bool; 3]>(), 0_u32..3), 0..6)) {
        let written = rules.iter().enumerate().map(|(at, ([permits, glass, applies], approvals))| {
            let effect = if *permits { "permit" } else { "forbid" };
            let glass = if *permits && *glass { "@emergency(\"yes\")" } else { "" };
            let needs = if *permits && glass.is_empty() && *approvals > 0 {
                format!("@approvals(\"{approvals}\") @approvers(\"dba\")")
            } else {
                String::new()
            };
            let group = if *applies { "sre" } else { "dba" };
            let who = format!("principal in Group::\"{group}\"");
            format!("@id(\"r{at}\") {glass} {needs} {effect} ({who}, action == Action::\"rds upgrade\", resource);\n")
        });
        let policy = policy(&written.collect::<String>()).unwrap();
        let (sam, orders) = (person("sam", &["sre"]), database("prod"));
        let forbidden = rules.iter().any(|([permits, _, applies], _)| !permits && *applies);
        let permits = |on_glass: bool| {
            let on_road = rules.iter().filter(move |([permits, glass, applies], _)| *permits && *applies && *glass == on_glass);
            on_road.map(|(_, approvals)| if on_glass { 0 } else { *approvals }).min().filter(|_| !forbidden)
        };
        let approvals = |decision: Decision| match decision {
            Decision::Allowed { requires, .. } => Some(requires.map_or(0, |requires| requires.approvals)),
            Decision::Denied { .. } => None,
        };
        prop_assert_eq!(approvals(policy.decide(&sam, "rds upgrade", &orders)), permits(false));
        prop_assert_eq!(approvals(policy.decide_in_emergency(&sam, "rds upgrade", &orders)), permits(true));
    }
}

#[test]
fn resources_are_alike_where_no_rule_tells_them_apart() {
    let alert = |id: &str, project: &str, env: &str| Resource {
        project: Some(project.to_owned()),
        env: Some(env.to_owned()),
        ..Resource::named("alert", id)
    };
    let (one, other) = (alert("ALR-1", "shop", "prod"), alert("ALR-2", "billing", "prod"));
    let house = policy(DEFAULT_POLICY).unwrap();
    assert_eq!(house.likeness(&one), house.likeness(&other), "no rule of it speaks of projects");
    assert_ne!(house.likeness(&one), house.likeness(&alert("ALR-1", "shop", "dev")));
    assert_ne!(house.likeness(&one), house.likeness(&Resource { env: None, ..one.clone() }));
    let permit = |when: &str| {
        let text = format!("@id(\"r\") permit (principal, action, resource) when {{ {when} }};");
        policy(&text).unwrap_or_else(|errors| panic!("{errors}"))
    };
    let of_shop = permit("resource has project && resource.project == \"shop\"");
    assert_ne!(of_shop.likeness(&one), of_shop.likeness(&other));
    assert_eq!(of_shop.likeness(&other), of_shop.likeness(&alert("ALR-3", "search", "dev")));
    let of_one = permit("resource.name == \"ALR-1\"");
    assert_ne!(of_one.likeness(&one), of_one.likeness(&alert("ALR-2", "shop", "prod")));
    for any in [permit("resource.name like \"ALR-1*\""), permit("resource == Resource::\"alert ALR-1\"")] {
        assert_eq!(any.likeness(&one), one);
    }
}
