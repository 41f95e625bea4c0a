//! The way to CloudWatch against a stand-in for AWS that speaks its real protocol.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;
use standins::aws::{Actions as Switch, AlarmState, Aws as World, BASE_ACCESS_KEY, Fault};

use super::cloudwatch::{Actions, Alarm, Alarms, State};
use crate::aws::{Aws, AwsSettings, Caller, Keys};
use crate::context::{Account, PersonId};
use crate::plan::Permit;

const EVENING: &str = "2026-11-22T20:00:00Z";
const PROD: &str = "111122223333";

fn account() -> Account {
    Account {
        id: PROD.to_owned(),
        name: "shop-prod".to_owned(),
        project: "shop".to_owned(),
        env: "prod".to_owned(),
        regions: vec!["eu-west-1".to_owned()],
        roles: [("alert".to_owned(), format!("arn:aws:iam::{PROD}:role/watchkeeper-alert"))].into(),
    }
}

#[expect(clippy::disallowed_methods, reason = "alarms are switched without the engine")]
fn permit() -> Permit {
    Permit::issue("ALR-7", "quiet", PersonId("ana".to_owned()))
}

fn now() -> Timestamp {
    EVENING.parse().unwrap()
}

/// An AWS of its own, and the way to its alarms.
async fn desk() -> (World, Alarms) {
    let world = World::start(now()).await;
    let keys = Some(Keys { id: BASE_ACCESS_KEY.to_owned(), secret: "any".to_owned() });
    let endpoint = Some(world.url().to_owned());
    let aws = Aws::connect(AwsSettings { region: "eu-west-1".to_owned(), endpoint, keys }).await;
    let caller = Caller { person: "ana".to_owned(), operation: "ALR-7".to_owned(), now: now() };
    let alarms = Alarms::open(&aws, &caller, &account(), "eu-west-1").await.unwrap();
    (world, alarms)
}

#[tokio::test]
async fn an_alarm_of_any_type_is_found_by_its_whole_name() {
    let (world, alarms) = desk().await;
    world.alarm("orders-5xx").await;
    world.alarm("orders").composite("ALARM(\"orders-5xx\")").without_actions().await;
    world.alarm_finds("orders-5xx", AlarmState::Alarm, "Threshold Crossed").await;
    let since = Some(now());
    let fires = Alarm { state: State::Alarm, actions: Actions::Enabled, since };
    assert_eq!(alarms.alarm("orders-5xx").await.unwrap(), Some(fires));
    let rests = Alarm { state: State::Ok, actions: Actions::Disabled, since };
    assert_eq!(alarms.alarm("orders").await.unwrap(), Some(rests));
    assert_eq!(alarms.alarm("orders-5x").await.unwrap(), None);
    world.alarm_finds("orders", AlarmState::InsufficientData, "No data").await;
    assert_eq!(alarms.alarm("orders").await.unwrap().map(|alarm| alarm.state), Some(State::Unknown));
    assert_eq!(world.violations().await, Vec::<String>::new());
}

#[tokio::test]
async fn its_actions_go_off_and_on_in_the_persons_name() {
    let (world, alarms) = desk().await;
    world.alarm("orders-5xx").await;
    let permit = permit();
    alarms.disable_actions(&permit, "orders-5xx").await.unwrap();
    assert!(!world.alarm_is("orders-5xx").await.actions_enabled);
    alarms.enable_actions(&permit, "orders-5xx").await.unwrap();
    assert!(world.alarm_is("orders-5xx").await.actions_enabled);
    let made: Vec<_> = permit.calls().into_iter().map(|call| (call.api, call.answer, call.request_id.is_some())).collect();
    let ok = |api: &str| (api.to_owned(), "ok".to_owned(), true);
    assert_eq!(made, [ok("cloudwatch:DisableAlarmActions"), ok("cloudwatch:EnableAlarmActions")]);
    let writes = world.writes().await;
    let by = |call: &standins::aws::Call| (call.session.clone(), call.tags["watchkeeper:operation"].clone());
    assert_eq!(writes.iter().map(by).collect::<Vec<_>>(), vec![("ana".to_owned(), "ALR-7".to_owned()); 2]);
    // A colleague's switch is seen as well.
    world.alarm_switched_elsewhere("orders-5xx", Switch::Disabled).await;
    assert_eq!(alarms.alarm("orders-5xx").await.unwrap().map(|alarm| alarm.actions), Some(Actions::Disabled));
    assert_eq!(world.violations().await, Vec::<String>::new());
}

#[tokio::test]
async fn trouble_is_told_with_the_alarm_and_its_place() {
    let (world, alarms) = desk().await;
    world.alarm("orders-5xx").await;
    world.fault(Fault::deny("cloudwatch", "DisableAlarmActions").times(1)).await;
    let denied = alarms.disable_actions(&permit(), "orders-5xx").await.unwrap_err();
    world.fault(Fault::cut_after("cloudwatch", "DisableAlarmActions").times(1)).await;
    let cut = alarms.disable_actions(&permit(), "orders-5xx").await.unwrap_err();
    world.fault(Fault::throttle("cloudwatch", "DescribeAlarms")).await;
    let throttled = alarms.alarm("orders-5xx").await.unwrap_err();
    let said: Vec<String> = [denied, cut, throttled].iter().map(said).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    AWS denied disabling the actions of the alarm orders-5xx in shop-prod (eu-west-1): the role arn:aws:iam::111122223333:role/watchkeeper-alert may not call cloudwatch:DisableAlarmActions. It changed nothing. Ask whoever looks after IAM in shop-prod to allow it.
    AWS gave no answer while I was disabling the actions of the alarm orders-5xx in shop-prod (eu-west-1). It is not known whether AWS acted: I look before anything is asked again. This usually passes within minutes.
    AWS is throttling calls in shop-prod while I am looking at the alarm orders-5xx in shop-prod (eu-west-1). Nothing was changed. This usually passes within minutes.
    ");
    world.clear_faults().await;
    assert_eq!(alarms.alarm("orders-5xx").await.unwrap().map(|alarm| alarm.actions), Some(Actions::Disabled));
}

fn said(error: &crate::Error) -> String {
    match error {
        crate::Error::Shown(say) | crate::Error::Outside { say, .. } => say.plain(),
        crate::Error::Internal { doing, cause } => format!("{doing}: {cause}"),
    }
}

#[test]
fn the_role_may_do_what_is_called_and_no_more() {
    let policy: Value = serde_json::from_str(include_str!("../../config/iam/alert.json")).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let named = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    let may: BTreeSet<&str> = named.map(|action| action.as_str().unwrap()).collect();
    let literals = include_str!("cloudwatch.rs").split('"');
    let called: BTreeSet<&str> = literals.filter(|literal| literal.starts_with("cloudwatch:")).collect();
    assert_eq!(may, called);
}
