use aws_sdk_ecs::types as sdk;

use super::*;
use crate::ecs::deployment::tests::deployment;
use crate::ecs::deployment::{Alarms, Breaker, Reason, Rollback, Side};

fn container(name: &str, exit: Option<i32>, words: &str) -> StoppedContainer {
    StoppedContainer { name: name.to_owned(), image: format!("registry/{name}:1"), exit, words: words.to_owned() }
}

fn task(code: &str, words: &str, containers: Vec<StoppedContainer>) -> StoppedTask {
    StoppedTask {
        id: "0f1e2d".to_owned(),
        task_definition: "orders:42".to_owned(),
        code: Some(code.to_owned()),
        words: words.to_owned(),
        at: "2026-11-25T10:00:00Z".parse().ok(),
        containers,
    }
}

#[test]
fn every_stop_code() {
    let codes = sdk::TaskStopCode::values().iter().chain(&["Napping"]);
    let words = |code: &&str| {
        let cause = task(code, "AWS says so.", vec![container("web", Some(1), "")]).cause();
        format!("{code}: {}{}", cause.words(), if cause.is_death() { "" } else { " (no death)" })
    };
    insta::assert_snapshot!(codes.map(words).collect::<Vec<_>>().join("\n"), @"
    EssentialContainerExited: the container web exited with code 1
    InfrastructureHealth: AWS took the machine away
    ServiceSchedulerInitiated: the service's scheduler replaced it (no death)
    SpotInterruption: AWS took the machine away
    TaskFailedToStart: it could not be started: AWS says so
    TerminationNotice: AWS took the machine away
    UserInitiated: it was stopped by hand (no death)
    Napping: AWS says so
    ");
}

#[test]
fn what_awss_words_mean() {
    let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders-blue/73e2d6bc24d8a067";
    let tasks = [
        task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 5 time(s)",
            vec![container("web", None, "")],
        ),
        task(
            "TaskFailedToStart",
            "Task failed to start",
            vec![container("web", None, "CannotPullContainerError: not found"), container("log", None, "")],
        ),
        task(
            "EssentialContainerExited",
            "Essential container in task exited",
            vec![container("log", Some(137), ""), container("web", Some(3), "")],
        ),
        task(
            "EssentialContainerExited",
            "Essential container in task exited",
            vec![container("log", Some(0), ""), container("web", Some(137), "")],
        ),
        task("EssentialContainerExited", "Essential container in task exited", vec![container("job", Some(0), "")]),
        task(
            "EssentialContainerExited",
            "Essential container in task exited",
            vec![container("web", Some(137), "OutOfMemoryError: Container killed due to memory usage")],
        ),
        task(
            "ServiceSchedulerInitiated",
            &format!("Task failed ELB health checks in (target-group {group})"),
            vec![container("web", Some(143), "")],
        ),
        task("ServiceSchedulerInitiated", "Task failed container health checks", vec![container("web", Some(143), "")]),
        task(
            "ServiceSchedulerInitiated",
            "Scaling activity initiated by (deployment ecs-svc/1234567890123456789)",
            vec![container("web", Some(143), "")],
        ),
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed",
            vec![],
        ),
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: failed to initialize logging driver: failed to create Cloudwatch log stream",
            vec![],
        ),
        task("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete.", vec![]),
        task(
            "EssentialContainerExited",
            "Essential container in task exited",
            vec![container("web", None, "CannotStartContainerError: exec: \"./run\": no such file or directory")],
        ),
        task("SpotInterruption", "Your Spot Task was interrupted.", vec![container("web", Some(143), "")]),
        task("UserInitiated", "Task stopped by user", vec![container("web", Some(143), "")]),
        task("TaskFailedToStart", &format!("DockerTimeoutError: {}", "long ".repeat(60)), vec![]),
    ];
    let words: Vec<String> = tasks.iter().map(|task| task.cause().words()).collect();
    insta::assert_snapshot!(words.join("\n"), @r#"
    the image registry/web:1 could not be pulled
    the image registry/web:1 could not be pulled
    the container web exited with code 3
    the container web was killed (exit code 137)
    the container job exited with code 0
    the container web ran out of memory
    the load balancer's health check failed in the target group orders-blue
    the containers' health check failed
    the service's scheduler replaced it
    secrets or the registry's credentials could not be fetched
    it could not be started: ResourceInitializationError: failed to initialize logging driver: failed to create Cloudwatch log stream
    it could not be started: Timeout waiting for network interface provisioning to complete
    it could not be started: CannotStartContainerError: exec: "./run": no such file or directory
    AWS took the machine away
    it was stopped by hand
    it could not be started: DockerTimeoutError: long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long
    "#);
}

#[test]
fn every_error_code_of_codedeploy() {
    let codes = ErrorCode::values().iter().chain(&["NAPPING"]);
    let words = |code: &&str| format!("{code}: {}", of_code(&ErrorCode::from(*code), "").words());
    insta::assert_snapshot!(codes.map(words).collect::<Vec<_>>().join("\n"), @"
    AGENT_ISSUE: AGENT_ISSUE
    ALARM_ACTIVE: an alarm went off
    APPLICATION_MISSING: its application or deployment group is gone
    AUTOSCALING_VALIDATION_ERROR: AUTOSCALING_VALIDATION_ERROR
    AUTO_SCALING_CONFIGURATION: AUTO_SCALING_CONFIGURATION
    AUTO_SCALING_IAM_ROLE_PERMISSIONS: a role is missing, or may too little
    CLOUDFORMATION_STACK_FAILURE: CLOUDFORMATION_STACK_FAILURE
    CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND: CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND
    CUSTOMER_APPLICATION_UNHEALTHY: too little of it stayed healthy
    DEPLOYMENT_GROUP_MISSING: its application or deployment group is gone
    ECS_UPDATE_ERROR: ECS did not take the update
    ELASTIC_LOAD_BALANCING_INVALID: the load balancer does not fit the deployment
    ELB_INVALID_INSTANCE: the load balancer does not fit the deployment
    HEALTH_CONSTRAINTS: too little of it stayed healthy
    HEALTH_CONSTRAINTS_INVALID: too little of it stayed healthy
    HOOK_EXECUTION_FAILURE: a lifecycle hook failed
    IAM_ROLE_MISSING: a role is missing, or may too little
    IAM_ROLE_PERMISSIONS: a role is missing, or may too little
    INTERNAL_ERROR: CodeDeploy had a fault of its own
    INVALID_ECS_SERVICE: the ECS service does not fit a blue/green deployment
    INVALID_LAMBDA_CONFIGURATION: INVALID_LAMBDA_CONFIGURATION
    INVALID_LAMBDA_FUNCTION: INVALID_LAMBDA_FUNCTION
    INVALID_REVISION: the revision is missing or can't be read
    MANUAL_STOP: it was stopped by hand
    MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION: MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION
    MISSING_ELB_INFORMATION: the load balancer does not fit the deployment
    MISSING_GITHUB_TOKEN: MISSING_GITHUB_TOKEN
    NO_EC2_SUBSCRIPTION: NO_EC2_SUBSCRIPTION
    NO_INSTANCES: NO_INSTANCES
    OVER_MAX_INSTANCES: OVER_MAX_INSTANCES
    RESOURCE_LIMIT_EXCEEDED: AWS's limits were reached
    REVISION_MISSING: the revision is missing or can't be read
    THROTTLED: AWS's limits were reached
    TIMEOUT: its time was up
    NAPPING: NAPPING
    ");
    assert_eq!(of_code(&ErrorCode::EcsUpdateError, "The task set is gone.").words(), "The task set is gone");
}

#[test]
fn deaths_are_grouped_and_replaced_tasks_are_none() {
    let exits = |code| task("EssentialContainerExited", "", vec![container("web", Some(code), "")]);
    let tasks = [
        exits(1),
        exits(2),
        exits(1),
        task("ServiceSchedulerInitiated", "Scaling activity", vec![]),
        task("UserInitiated", "", vec![]),
    ];
    let told: Vec<String> = grouped(&tasks).iter().map(|(cause, count)| format!("{count} {}", cause.words())).collect();
    assert_eq!(told, ["2 the container web exited with code 1", "1 the container web exited with code 2"]);
}

fn hook(kind: HookKind, status: HookStatus) -> Hook {
    Hook { id: "hook-1".to_owned(), kind, status, on_timeout: OnTimeout::RollBack }
}

#[test]
fn each_end_has_its_sentence() {
    let said = |status: Status, change: fn(&mut Deployment)| {
        let mut it = Deployment {
            green: Some(Side { task_definition: Some("orders:42".to_owned()), ..Side::default() }),
            status,
            ..deployment()
        };
        change(&mut it);
        let mut older = task("EssentialContainerExited", "", vec![container("web", Some(9), "")]);
        older.task_definition = "orders:41".to_owned();
        let dead = [older, task("EssentialContainerExited", "", vec![container("web", Some(1), "")])];
        let with = why(&it, &dead, &[]).map_or("-".to_owned(), |why| why.sentence());
        let without = why(&it, &[], &[]).map_or("-".to_owned(), |why| why.sentence());
        format!("{without} | {with}")
    };
    let alarms = |it: &mut Deployment| {
        let names = ["orders-5xx".to_owned(), "orders-slow".to_owned()].to_vec();
        it.alarms = Some(Alarms { watch: Watch::Triggered, names: names.clone(), triggered: names });
    };
    let breaker = |it: &mut Deployment| it.breaker = Some(Breaker { watch: Watch::Triggered, failures: 3, threshold: 3 });
    let lambda = |it: &mut Deployment| it.hooks.push(hook(HookKind::Lambda("smoke-test".to_owned()), HookStatus::Failed));
    let rejected = |it: &mut Deployment| it.hooks.push(hook(HookKind::Pause, HookStatus::Failed));
    let unanswered = |it: &mut Deployment| it.hooks.push(hook(HookKind::Pause, HookStatus::TimedOut));
    let dropped = |it: &mut Deployment| {
        it.hooks.push(hook(HookKind::Pause, HookStatus::Failed));
        it.reason = Some(Reason { code: None, words: "The service deployment was stopped.".to_owned() });
    };
    let coded = |it: &mut Deployment| {
        it.reason = Some(Reason { code: Some("TIMEOUT".to_owned()), words: "The deployment timed out.".to_owned() })
    };
    let by_hand = |it: &mut Deployment| {
        it.rollback =
            Some(Rollback { reason: Some("Rolled back because of a manual request.".to_owned()), ..Rollback::default() });
    };
    let said = [
        said(Status::Failed, alarms),
        said(Status::RollingBack, breaker),
        said(Status::RolledBack, lambda),
        said(Status::RolledBack, rejected),
        said(Status::RolledBack, unanswered),
        said(Status::RolledBack, dropped),
        said(Status::Failed, coded),
        said(Status::RolledBack, by_hand),
        said(Status::Stopped, |_| {}),
        said(Status::Running, |_| {}),
        said(Status::Succeeded, |_| {}),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    The alarms orders-5xx and orders-slow went off. | The alarms orders-5xx and orders-slow went off: the container web exited with code 1 (1 task).
    The circuit breaker opened. | The circuit breaker opened: the container web exited with code 1 (1 task).
    The lifecycle hook smoke-test failed. | The lifecycle hook smoke-test failed: the container web exited with code 1 (1 task).
    Its gate was answered with a rollback. | Its gate was answered with a rollback: the container web exited with code 1 (1 task).
    Nobody answered its gate in time. | Nobody answered its gate in time: the container web exited with code 1 (1 task).
    It was stopped by hand. | It was stopped by hand: the container web exited with code 1 (1 task).
    Its time was up. | Its time was up: the container web exited with code 1 (1 task).
    It was stopped by hand. | It was stopped by hand: the container web exited with code 1 (1 task).
    It was stopped by hand. | It was stopped by hand: the container web exited with code 1 (1 task).
    - | The container web exited with code 1 (1 task).
    - | -
    ");
}

#[test]
fn without_dead_tasks_the_services_events_tell() {
    let mut it = Deployment { created: "2026-11-25T10:00:00Z".parse().ok(), ..deployment() };
    let event = |at: &str, words: &str| Event { at: at.parse().unwrap(), words: words.to_owned() };
    let events = [
        event("2026-11-25T10:05:00Z", "(service orders) has started 1 tasks: (task 0f1e2d)."),
        event(
            "2026-11-25T10:04:00Z",
            "service orders was unable to place a task because no container instance met all of its requirements.",
        ),
        event("2026-11-25T09:00:00Z", "(service orders) (task 1) failed container health checks."),
    ];
    insta::assert_snapshot!(why(&it, &[], &events).unwrap().sentence(), @"There was no room for a task: no container instance met all of its requirements.");
    it.status = Status::Succeeded;
    assert_eq!(why(&it, &[], &events), None);
}
