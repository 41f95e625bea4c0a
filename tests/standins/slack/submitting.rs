//! Submitting and closing forms: what Slack's client checks first, and what the bot's answer does.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    Workspace,
    actions::{FieldError, Place, Submitted},
    blocks,
    delivery::EnvelopeKind,
    entries,
    methods::{new_hash, pushed, with_ids},
    views::View,
};

/// What was entered: block id → action id → value.
pub(super) type Entered = BTreeMap<String, BTreeMap<String, Value>>;

impl Workspace {
    /// Submits the form, after taking over what was entered.
    pub(super) async fn submit(self: &Arc<Self>, user: &str, view_id: &str, entered: Entered) -> Result<Submitted, String> {
        for (block_id, actions) in &entered {
            for (action_id, value) in actions {
                self.take_entry(user, view_id, (block_id, action_id), value)?;
            }
        }
        let view = self.form(user, view_id)?;
        if view.body["submit"].is_null() {
            return Err("this form has nothing to submit".into());
        }
        let errors = complaints(&view);
        if !errors.is_empty() {
            return Ok(Submitted::Errors(errors));
        }
        let payload = self.view_submission(user, &view);
        let delivery = self.deliver(EnvelopeKind::Interactive, payload).await;
        if !delivery.acknowledged() {
            return Ok(Submitted::Unanswered(Box::new(delivery)));
        }
        let submitted = self.answered(user, &view, delivery.answer());
        self.changed();
        submitted
    }

    /// Closes the form without submitting; the bot hears of it when it asked to.
    pub(super) async fn dismiss(self: &Arc<Self>, user: &str, view_id: &str) -> Result<(), String> {
        let view = self.form(user, view_id)?;
        self.close(user, view_id);
        self.changed();
        if view.body["notify_on_close"] == true {
            let payload = self.view_closed(user, &view);
            self.deliver(EnvelopeKind::Interactive, payload).await;
        }
        Ok(())
    }

    fn take_entry(&self, user: &str, view_id: &str, ids: (&str, &str), value: &Value) -> Result<(), String> {
        let element = self.element_for(user, &Place::View { id: view_id.into() }, ids)?;
        let mut state = self.state();
        let key = (user.to_owned(), ids.0.to_owned(), ids.1.to_owned());
        let mut offered = state.offered.get(&key).cloned().unwrap_or_default();
        let view = state.forms.get_mut(user).into_iter().flatten().find(|view| view.id == view_id);
        let view = view.ok_or("this form is not open any more")?;
        // What was chosen before, or was there from the start, can be submitted again.
        let chosen = &view.values.get(ids.0).map(|block| block[ids.1].clone()).unwrap_or_default();
        offered.extend(Some(chosen["selected_option"].clone()).filter(Value::is_object));
        offered.extend(chosen["selected_options"].as_array().cloned().unwrap_or_default());
        let entry = entries::entry(&element, value, &offered)?;
        view.enter(ids.0, ids.1, entry);
        Ok(())
    }

    fn form(&self, user: &str, view_id: &str) -> Result<View, String> {
        let state = self.state();
        let view = state.forms.get(user).into_iter().flatten().find(|view| view.id == view_id);
        view.cloned().ok_or_else(|| "this form is not open any more".into())
    }

    fn close(&self, user: &str, view_id: &str) {
        let mut state = self.state();
        if let Some(forms) = state.forms.get_mut(user) {
            forms.retain(|view| view.id != view_id);
        }
    }

    /// Does what `response_action` says; without one the form closes.
    fn answered(&self, user: &str, view: &View, answer: Option<&Value>) -> Result<Submitted, String> {
        let nothing = Value::Null;
        let answer = answer.unwrap_or(&nothing);
        match answer["response_action"].as_str() {
            None => {
                self.close(user, &view.id);
                Ok(Submitted::Closed)
            }
            Some("clear") => {
                self.state().forms.remove(user);
                Ok(Submitted::Closed)
            }
            Some("errors") => self.errors(view, &answer["errors"]).map(Submitted::Errors),
            Some(action @ ("update" | "push")) => {
                let body = &answer["view"];
                let wrong = blocks::check_view(body);
                if !wrong.is_empty() {
                    self.violation(format!("the view of response_action {action} breaks Block Kit: {}", wrong.join("; ")));
                    return Err("the bot answered with a form Slack does not take".into());
                }
                let mut state = self.state();
                if action == "push" {
                    pushed(&mut state, user, body.clone()).map_err(|error| error.code)?;
                    return Ok(Submitted::Pushed);
                }
                let (hash, body) = (new_hash(&mut state), with_ids(&mut state, body.clone()));
                let open = state.forms.get_mut(user).into_iter().flatten().find(|open| open.id == view.id);
                open.ok_or("this form is not open any more")?.replace(body, hash);
                Ok(Submitted::Updated)
            }
            Some(other) => {
                self.violation(format!("response_action {other} is not known"));
                Err("the bot gave an answer Slack does not take".into())
            }
        }
    }

    fn errors(&self, view: &View, errors: &Value) -> Result<Vec<FieldError>, String> {
        let mut found = Vec::new();
        for (block_id, text) in errors.as_object().into_iter().flatten() {
            let Some(block) = view.blocks().iter().find(|block| block["block_id"] == *block_id && block["type"] == "input")
            else {
                self.violation(format!("an error for {block_id}, which is no input block of the form"));
                return Err("the bot complained about a field that is not there".into());
            };
            found.push(field_error(block, text.as_str().unwrap_or_default()));
        }
        if found.is_empty() {
            self.violation("response_action errors without errors".into());
            return Err("the bot complained without saying why".into());
        }
        Ok(found)
    }
}

/// What the client itself finds wrong.
fn complaints(view: &View) -> Vec<FieldError> {
    let inputs = view.blocks().iter().filter(|block| block["type"] == "input");
    let wrong = inputs.filter_map(|block| {
        let (block_id, action_id) = (block["block_id"].as_str()?, block["element"]["action_id"].as_str()?);
        let entry = view.values.get(block_id).and_then(|actions| actions.get(action_id));
        entries::complaint(block, entry).map(|text| field_error(block, &text))
    });
    wrong.collect()
}

fn field_error(block: &Value, text: &str) -> FieldError {
    let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    FieldError { block_id: of(&block["block_id"]), label: of(&block["label"]["text"]), text: text.into() }
}
