//! The message that stands for a deployment. Pure.

use crate::context::Context;
use crate::ecs::deployment::{Deployment, Status};
use crate::ecs::failure::Why;
use crate::ecs::status;
use crate::message::{Button, Message, Style, Text, code};
use crate::records::Freeze;
use crate::text;

/// The deployment as it stands now. A `freeze` is the one that keeps people from being asked about its gate; `alerts` are
/// those of its project meanwhile.
pub(super) fn card(
    it: &Deployment,
    why: Option<&Why>,
    (freeze, alerts): (Option<&Freeze>, Option<Text>),
    cx: &Context<'_>,
) -> Message {
    let message = Message::new().header(title(it));
    let mut message = status::shown(message, it, why, cx);
    if let Some(freeze) = freeze {
        message = message.text(text![
            "❄️ The freeze ",
            code(format!("FRZ-{}", freeze.id)),
            " holds until ",
            freeze.until,
            ", so nobody is asked to let it go on: ",
            freeze.reason.as_str()
        ]);
    }
    if let Some(alerts) = alerts {
        message = message.text(alerts);
    }
    message.note(it.service.place()).buttons(buttons(it))
}

/// What is left to say of a deployment that AWS has forgotten.
pub(super) fn forgotten(it: &Deployment) -> Message {
    Message::new().header(format!("❔ {} · {}/{}", it.service.name, it.service.project, it.service.env)).text(text![
        "AWS no longer knows the deployment ",
        code(it.id.short()),
        ": its service was probably deleted. How it ended is not known."
    ])
}

fn title(it: &Deployment) -> String {
    let sign = match it.status {
        Status::Pending | Status::Running => "🚀",
        Status::Waiting => "⏸️",
        Status::Stopping => "⏹️",
        Status::RollingBack => "↩️",
        Status::Succeeded => "✅",
        Status::Failed | Status::RollbackFailed => "❌",
        Status::Stopped => "⏹️",
        Status::RolledBack => "↩️",
        Status::Other(_) => "❔",
    };
    format!("{sign} {} · {}/{}", it.service.name, it.service.project, it.service.env)
}

fn buttons(it: &Deployment) -> Vec<Button> {
    let service = &it.service.arn;
    let show = Button::new("Status", format!("ecs status {service}"));
    let back = Button::new("Roll back", format!("ecs rollback {} --service {service}", it.id)).style(Style::Danger);
    match it.status {
        Status::Pending | Status::Running | Status::Waiting => vec![show, back],
        _ => vec![show],
    }
}
