use super::*;

/// `orders` in the cluster `main` of shop-prod.
pub(crate) fn orders() -> ServiceRef {
    ServiceRef {
        account: "111122223333".to_owned(),
        account_name: "shop-prod".to_owned(),
        region: "eu-west-1".to_owned(),
        cluster: "main".to_owned(),
        name: "orders".to_owned(),
        arn: "arn:aws:ecs:eu-west-1:111122223333:service/main/orders".to_owned(),
        project: "shop".to_owned(),
        env: "prod".to_owned(),
    }
}

/// A deployment under way of which nothing else is known.
pub(crate) fn deployment() -> Deployment {
    let arn = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFjvgF_xlg7m2eJ1";
    Deployment {
        id: Id::Ecs(arn.to_owned()),
        service: orders(),
        strategy: Strategy::BlueGreen,
        status: Status::Running,
        stage: None,
        steps: Vec::new(),
        blue: None,
        green: None,
        bake: None,
        alarms: None,
        breaker: None,
        hooks: Vec::new(),
        gate: None,
        reason: None,
        rollback: None,
        undoes: None,
        created: None,
        started: None,
        updated: None,
        finished: None,
    }
}

#[test]
fn an_id_can_be_typed() {
    let id = deployment().id;
    assert_eq!(id.short(), "r9i43YFj");
    for typed in ["r9i43Y", "R9I43YFJ", "r9i43YFjvgF_xlg7m2eJ1", &id.to_string()] {
        assert!(id.is_meant_by(typed), "{typed}");
    }
    for typed in ["", "r9i", "r9i43X", "r9i43YFjvgF_xlg7m2eJ1x", "ü9i43Y"] {
        assert!(!id.is_meant_by(typed), "{typed}");
    }
    let id = Id::CodeDeploy("d-A1B2C3D4E".to_owned());
    assert_eq!(id.short(), "d-A1B2C3D4E");
    assert!(id.is_meant_by("d-a1b2c3d4e") && !id.is_meant_by("d-a1b"));
}

#[test]
fn shares_are_told_shortly() {
    let told = [0.0, 12.5, 33.333, 99.999, 100.0, 250.0, -3.0, f64::NAN].map(|value| Percent::of(value).to_string());
    assert_eq!(told, ["0 %", "12.5 %", "33.33 %", "100 %", "100 %", "100 %", "0 %", "0 %"]);
    assert_eq!(Percent::of(12.5).rest(), Percent::of(87.5));
}

#[test]
fn it_can_be_kept() {
    let kept = Deployment {
        strategy: Strategy::Canary { first: Some(Percent::of(10.0)), wait: Some(5) },
        status: Status::Other("NAPPING".to_owned()),
        gate: Some(Gate {
            kind: GateKind::Hook { id: "hook-1".to_owned() },
            opened: None,
            expires: Some("2026-11-25T10:00:00Z".parse().unwrap()),
            on_timeout: OnTimeout::RollBack,
        }),
        ..deployment()
    };
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Deployment>(&text).unwrap(), kept);
}

#[test]
fn what_is_unknown_is_over_when_it_has_ended() {
    let mut one = Deployment { status: Status::Other("NAPPING".to_owned()), ..deployment() };
    assert!(!one.is_over());
    one.finished = Some("2026-11-25T10:00:00Z".parse().unwrap());
    assert!(one.is_over());
}

#[test]
fn the_first_look_says_when_it_began_to_bake() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let look =
        |since: &str| Deployment { stage: Some(Stage::Bake), bake: Some(Bake { minutes: 15, since: at(since) }), ..deployment() };
    let later = look("2026-11-25T10:07:00Z").seen_after(&look("2026-11-25T10:00:00Z"));
    let now = "2026-11-25T10:10:00Z".parse().unwrap();
    assert_eq!(later.bake_left(now), Some(SignedDuration::from_mins(5)));
    let step = |state: StepState| Step { stage: Stage::Production, state };
    let back = Deployment { status: Status::RollingBack, ..deployment() };
    let earlier = Deployment { steps: vec![step(StepState::Current)], ..deployment() };
    assert_eq!(back.seen_after(&earlier).steps, [step(StepState::Failed)], "it broke where it was last seen");
    let before = Deployment { stage: Some(Stage::Production), bake: Some(Bake { minutes: 15, since: None }), ..deployment() };
    assert_eq!(look("2026-11-25T10:07:00Z").seen_after(&before).bake_left(now), Some(SignedDuration::from_mins(12)));
}
