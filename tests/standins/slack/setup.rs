//! Making a workspace what a test needs: people, channels, groups, the app's manifest, and faults.

use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::{
    Workspace,
    channels::ChannelHandle,
    faults::{Fault, Gate},
    model::{Channel, ChannelKind, NewChannel, SlashCommand, User, UserGroup, UserKind},
    options::Transport,
    people::Person,
};

impl Workspace {
    /// Adds a person and returns the handle to act as them.
    ///
    /// # Panics
    /// When somebody of that name is there already.
    pub fn add_person(self: &Arc<Self>, mut user: User) -> Person {
        let mut state = self.state();
        assert!(state.user(&user.name).is_none(), "there is somebody called {} already", user.name);
        user.id = state.free_id('U', &user.name);
        let id = user.id.clone();
        let reachable = matches!(user.kind, UserKind::Regular | UserKind::Guest | UserKind::SingleChannelGuest);
        state.users.insert(id.clone(), user);
        if reachable {
            state.direct(&id);
        }
        drop(state);
        self.changed();
        Person::new(self.clone(), id)
    }

    /// The handle to act as somebody, by name or id.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn person(self: &Arc<Self>, name: &str) -> Person {
        let id = self.state().user(name).map(|user| user.id.clone());
        Person::new(self.clone(), id.unwrap_or_else(|| panic!("there is nobody called {name} in this Slack")))
    }

    /// Changes an account, for example to deactivate it.
    ///
    /// # Panics
    /// When there is nobody of that name.
    pub fn change_person(&self, name: &str, change: impl FnOnce(&mut User)) {
        let mut state = self.state();
        let id = state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("there is nobody called {name}"));
        state.users.get_mut(&id).map(change);
        drop(state);
        self.changed();
    }

    /// Makes a channel and returns the handle to read it.
    ///
    /// # Panics
    /// When a member is not known or the name is taken.
    pub fn add_channel(self: &Arc<Self>, new: NewChannel) -> ChannelHandle {
        let mut state = self.state();
        assert!(state.channel(&new.name).is_none(), "there is a channel #{} already", new.name);
        let named = |name: &String| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let mut members: Vec<String> = new.members.iter().map(named).collect();
        if new.with_bot {
            members.push(state.bot.clone());
        }
        let id = state.free_id('C', &new.name);
        let kind = if new.private { ChannelKind::Private } else { ChannelKind::Public };
        let channel = Channel { id: id.clone(), name: new.name, topic: new.topic, kind, members, archived: false };
        state.channels.insert(id.clone(), channel);
        drop(state);
        self.changed();
        ChannelHandle::new(self.clone(), id)
    }

    /// The handle to read a channel: by name (`dba`, `#dba`), id, or `@ana` for the bot's direct message with her.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn channel(self: &Arc<Self>, name: &str) -> ChannelHandle {
        let mut state = self.state();
        if let Some(user) = name.strip_prefix('@').and_then(|name| state.user(name)).map(|user| user.id.clone()) {
            state.direct(&user);
        }
        let id = state.channel(name).map(|channel| channel.id.clone());
        ChannelHandle::new(self.clone(), id.unwrap_or_else(|| panic!("there is no channel {name} in this Slack")))
    }

    /// Changes a channel, for example to archive it.
    ///
    /// # Panics
    /// When there is no such channel.
    pub fn change_channel(&self, name: &str, change: impl FnOnce(&mut Channel)) {
        let mut state = self.state();
        let id = state.channel(name).map(|channel| channel.id.clone()).unwrap_or_else(|| panic!("there is no channel {name}"));
        state.channels.get_mut(&id).map(change);
        drop(state);
        self.changed();
    }

    /// Makes a user group of these people, by name; returns its id.
    ///
    /// # Panics
    /// When a member is not known.
    pub fn add_group(&self, handle: &str, names: &[&str]) -> String {
        let mut state = self.state();
        let named = |name: &&str| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let users = names.iter().map(named).collect();
        let id = state.free_id('S', handle);
        let group = UserGroup { id: id.clone(), handle: handle.into(), name: handle.into(), users };
        state.groups.insert(id.clone(), group);
        id
    }

    /// Has a user group hold these people, by name, as if somebody had changed it by hand.
    ///
    /// # Panics
    /// When the group or a member is not known.
    pub fn fill_group(&self, handle: &str, names: &[&str]) {
        let mut state = self.state();
        let named = |name: &&str| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let users = names.iter().map(named).collect();
        let group = state.groups.values_mut().find(|group| group.handle == handle);
        group.unwrap_or_else(|| panic!("there is no group {handle}")).users = users;
    }

    /// The names of whoever is in a user group now.
    ///
    /// # Panics
    /// When there is no such group.
    #[must_use]
    pub fn group(&self, handle: &str) -> Vec<String> {
        let state = self.state();
        let group = state.groups.values().find(|group| group.handle == handle);
        let users = &group.unwrap_or_else(|| panic!("there is no group {handle}")).users;
        users.iter().filter_map(|id| state.users.get(id)).map(|user| user.name.clone()).collect()
    }

    /// Registers the slash commands of the app.
    pub fn register_commands(&self, commands: Vec<SlashCommand>) {
        self.state().commands = commands;
        self.changed();
    }

    /// Takes slash commands, event subscriptions and scopes from an app manifest (JSON).
    pub fn register_manifest(&self, manifest: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().map(|list| list.iter().map(text).collect::<Vec<_>>());
        let commands = manifest["features"]["slash_commands"].as_array().into_iter().flatten().map(|one| SlashCommand {
            command: text(&one["command"]),
            description: text(&one["description"]),
            usage_hint: text(&one["usage_hint"]),
            should_escape: one["should_escape"].as_bool().unwrap_or(false),
        });
        self.register_commands(commands.collect());
        if let Some(events) = list(&manifest["settings"]["event_subscriptions"]["bot_events"]) {
            self.state().bot_events = events;
        }
        if let Some(scopes) = list(&manifest["oauth_config"]["scopes"]["bot"]) {
            self.grant_scopes(scopes);
        }
    }

    /// Sets the scopes of the bot's token.
    pub fn grant_scopes(&self, scopes: Vec<String>) {
        *self.scopes.lock().unwrap_or_else(PoisonError::into_inner) = scopes;
    }

    /// Sets how the bot is reached from now on.
    pub fn use_transport(&self, transport: Transport) {
        *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = transport;
    }

    /// Queues a fault for the next call of `method` (`chat.postMessage`, `response_url`, …).
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.faults().queue(method, fault);
    }

    /// Lets every call of `method` fail until [`Workspace::heal`]; `*` means every method.
    pub fn fail_all(&self, method: &str, fault: Fault) {
        self.faults().keep(method, fault);
    }

    /// Ends all faults that were set and not met.
    pub fn heal(&self) {
        self.faults().clear();
    }

    /// Holds the next call of `method` back until the gate is opened.
    #[must_use]
    pub fn hold_next(&self, method: &str) -> Gate {
        let gate = Gate::closed();
        self.fail_next(method, Fault::Held(gate.clone()));
        gate
    }

    /// Refuses with 429 a second message into the same channel within one second of the stand-in's clock.
    pub fn enforce_rate_limits(&self) {
        self.faults().one_message_a_second = true;
    }

    /// Answers the next `count` handshakes of sockets with HTTP 409.
    pub fn refuse_handshakes(&self, count: u32) {
        self.faults().handshake_conflicts = count;
    }
}
