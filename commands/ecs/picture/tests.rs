use super::*;
use crate::ecs::deployment::tests::deployment;
use crate::ecs::deployment::{Bake, Status, Tasks};

const STAGES: [Stage; 10] = [
    Stage::PreScaleUp,
    Stage::ScaleUp,
    Stage::PostScaleUp,
    Stage::TestTraffic,
    Stage::PostTestTraffic,
    Stage::PreProduction,
    Stage::Production,
    Stage::PostProduction,
    Stage::Bake,
    Stage::CleanUp,
];

fn side(name: &str, tasks: (i64, i64, i64), shares: Option<(f64, f64)>) -> Side {
    Side {
        task_definition: Some(name.to_owned()),
        tasks: Tasks { wanted: tasks.0, running: tasks.1, pending: tasks.2 },
        production: shares.map(|(production, _)| Percent::of(production)),
        test: shares.map(|(_, test)| Percent::of(test)),
        ..Side::default()
    }
}

fn steps(current: usize, state: StepState) -> Vec<Step> {
    let state = |at: usize| match at.cmp(&current) {
        std::cmp::Ordering::Less => StepState::Done,
        std::cmp::Ordering::Equal => state.clone(),
        std::cmp::Ordering::Greater => StepState::ToCome,
    };
    STAGES.into_iter().enumerate().map(|(at, stage)| Step { stage, state: state(at) }).collect()
}

fn drawn(deployment: &Deployment) -> String {
    let lines = picture(deployment, "2026-11-25T10:10:30Z".parse().unwrap());
    assert!(lines.iter().all(|line| line.len() <= WIDTH && line.is_ascii()), "{lines:#?}");
    lines.join("\n")
}

#[test]
fn a_canary() {
    let it = Deployment {
        strategy: Strategy::Canary { first: Some(Percent::of(10.0)), wait: Some(5) },
        steps: steps(6, StepState::Current),
        blue: Some(side("orders:41", (4, 4, 0), Some((90.0, 0.0)))),
        green: Some(side("orders:42", (4, 4, 0), Some((10.0, 100.0)))),
        bake: Some(Bake { minutes: 15, since: None }),
        ..deployment()
    };
    insta::assert_snapshot!(drawn(&it), @"
    [x] start green  [x] test  [>] shift  [ ] bake  [ ] end blue
    production [##..................]    10 % green, 90 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:41                        4       0       4
    green      orders:42                        4       0       4
    bake       15 min
    ");
}

#[test]
fn a_blue_green_that_bakes() {
    let it = Deployment {
        steps: steps(8, StepState::Current),
        stage: Some(Stage::Bake),
        blue: Some(side("orders:41", (4, 4, 0), Some((0.0, 0.0)))),
        green: Some(side("orders:42", (4, 4, 0), Some((100.0, 100.0)))),
        bake: Some(Bake { minutes: 15, since: "2026-11-25T10:00:00Z".parse().ok() }),
        ..deployment()
    };
    insta::assert_snapshot!(drawn(&it), @"
    [x] start green  [x] test  [x] shift  [>] bake  [ ] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:41                        4       0       4
    green      orders:42                        4       0       4
    bake       4 min 30 s left of 15 min
    ");
}

#[test]
fn a_linear_one_that_broke() {
    let it = Deployment {
        strategy: Strategy::Linear { step: Some(Percent::of(12.5)), every: Some(3) },
        status: Status::RolledBack,
        steps: steps(6, StepState::Failed),
        blue: Some(side("orders-with-a-name-of-many-many-letters:41", (4, 4, 0), Some((100.0, 100.0)))),
        green: Some(side("orders-with-a-name-of-many-many-letters:42", (0, 0, 0), Some((0.0, 0.0)))),
        ..deployment()
    };
    insta::assert_snapshot!(drawn(&it), @"
    [x] start green  [x] test  [!] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       orders-with-..y-letters:41       4       0       4
    green      orders-with-..y-letters:42       0       0       0
    ");
}

#[test]
fn a_rolling_one() {
    let it = Deployment {
        strategy: Strategy::Rolling,
        blue: Some(side("orders:41", (4, 3, 0), None)),
        green: Some(side("orders:42", (4, 1, 1), None)),
        ..deployment()
    };
    insta::assert_snapshot!(drawn(&it), @"
    replaced   [#####...............] 1 of 4 tasks
    tasks                                 running pending  wanted
    blue       orders:41                        3       0       4
    green      orders:42                        1       1       4
    ");
}

#[test]
fn one_that_ended_well() {
    let it = Deployment {
        status: Status::Succeeded,
        steps: steps(10, StepState::Done),
        blue: None,
        green: Some(side("orders:42", (4, 4, 0), Some((100.0, 100.0)))),
        bake: Some(Bake { minutes: 15, since: None }),
        ..deployment()
    };
    insta::assert_snapshot!(drawn(&it), @"
    [x] start green  [x] test  [x] shift  [x] bake  [x] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    green      orders:42                        4       0       4
    ");
}

#[test]
fn one_of_which_nothing_is_known() {
    assert_eq!(drawn(&deployment()), "");
}

#[test]
fn a_bar_is_full_only_when_it_is() {
    let bars = [(0, 10_000), (1, 10_000), (5_000, 10_000), (9_999, 10_000), (10_000, 10_000), (0, 0), (-1, 4), (7, 4)];
    let drawn: Vec<String> = bars.iter().map(|(part, whole)| bar(*part, *whole)).collect();
    insta::assert_snapshot!(drawn.join("\n"), @"
    ....................
    #...................
    ##########..........
    ###################.
    ####################
    ....................
    ....................
    ####################
    ");
}

#[test]
fn what_is_too_long_keeps_its_end() {
    assert_eq!(cut("orders-worker-with-a-long-name:1042", 20), "orders-wo..name:1042");
    assert_eq!(cut("größe", 20), "gr??e");
}
