//! Making a guild what a test needs: people, roles, channels, and faults.

use std::sync::Arc;

use super::{
    Guild,
    channels::ChannelHandle,
    delivery::Done,
    faults::Fault,
    methods,
    model::{Channel, ChannelKind, Message, NewChannel, Role, User},
    people::Person,
};
use crate::slack::Gate;

/// Checks that a route exists, so that no test waits for a call that never comes.
pub(super) fn known(route: &str) {
    assert!(route == "*" || methods::is_route(route), "there is no route {route}");
}

impl Guild {
    /// Adds a person and returns the handle to act as them.
    ///
    /// # Panics
    /// When somebody of that name is there already, or a role is not.
    pub fn add_person(self: &Arc<Self>, mut user: User) -> Person {
        let mut state = self.state();
        assert!(state.user(&user.name).is_none(), "there is somebody called {} already", user.name);
        for role in &user.roles {
            assert!(state.role(role).is_some(), "there is no role {role}");
        }
        user.id = state.free_id('2', &user.name);
        let id = user.id.clone();
        state.users.insert(id.clone(), user);
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
        Person::new(self.clone(), id.unwrap_or_else(|| panic!("there is nobody called {name} in this Discord")))
    }

    /// Changes an account without telling the bot, for example to send somebody out of the guild.
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

    /// Adds a role and returns its id.
    ///
    /// # Panics
    /// When there is one of that name.
    pub fn add_role(&self, name: &str) -> String {
        let mut state = self.state();
        assert!(state.role(name).is_none(), "there is a role {name} already");
        let role = Role { id: state.free_id('6', name), name: name.into() };
        let id = role.id.clone();
        state.roles.push(role);
        id
    }

    /// Id of a role.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn role(&self, name: &str) -> String {
        self.state().role(name).map(|role| role.id.clone()).unwrap_or_else(|| panic!("there is no role {name}"))
    }

    /// Names of the roles somebody has.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn roles_of(&self, name: &str) -> Vec<String> {
        self.state().user(name).map(|user| user.roles.clone()).unwrap_or_else(|| panic!("there is nobody called {name}"))
    }

    /// Gives somebody these roles instead of those they have, as a moderator does; the bot is told where it asked to be.
    ///
    /// # Panics
    /// When there is nobody of that name, or a role is not there.
    pub async fn give_roles(self: &Arc<Self>, name: &str, roles: &[&str]) -> Done {
        let id = self.person(name).id().to_owned();
        self.change_roles(&id, roles).await
    }

    /// Makes a channel and returns the handle to read it.
    ///
    /// # Panics
    /// When a member is not known or the name is taken.
    pub fn add_channel(self: &Arc<Self>, new: NewChannel) -> ChannelHandle {
        let mut state = self.state();
        assert!(state.channel(&new.name).is_none(), "there is a channel #{} already", new.name);
        let named = |name: &String| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let only = new.only.as_ref().map(|only| only.iter().map(named).collect());
        let id = state.free_id('4', &new.name);
        let (kind, bot) = (ChannelKind::Text, new.bot);
        let channel = Channel { id: id.clone(), name: new.name, topic: new.topic, kind, only, bot, archived: false };
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
        ChannelHandle::new(self.clone(), id.unwrap_or_else(|| panic!("there is no channel {name} in this Discord")))
    }

    /// The bot's direct message with somebody.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn direct(self: &Arc<Self>, name: &str) -> ChannelHandle {
        self.channel(&format!("@{name}"))
    }

    /// Changes a channel or a thread (by the id of its message) without telling the bot, for example to put it away.
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

    /// Removes a channel and makes another one of the same name, with another id; gives that id.
    ///
    /// # Panics
    /// When there is no such channel.
    pub fn remake_channel(&self, name: &str) -> String {
        let mut state = self.state();
        let old = state.channel(name).cloned().unwrap_or_else(|| panic!("there is no channel {name}"));
        let id = state.free_id('4', &old.name);
        state.channels.remove(&old.id);
        state.channels.insert(id.clone(), Channel { id: id.clone(), ..old });
        id
    }

    /// A moderator takes all reactions of a message away.
    pub async fn clears_reactions(self: &Arc<Self>, message: &Message) -> Done {
        self.clear_reactions(message, None).await
    }

    /// A moderator takes all reactions with one emoji away.
    pub async fn clears_emoji(self: &Arc<Self>, emoji: &str, message: &Message) -> Done {
        self.clear_reactions(message, Some(emoji)).await
    }

    /// Queues a fault for the next call of a route, named as in Discord's documentation: `POST /channels/{channel}/messages`.
    ///
    /// # Panics
    /// When there is no such route.
    pub fn fail_next(&self, route: &str, fault: Fault) {
        known(route);
        self.faults().queue(route, fault);
    }

    /// Lets every call of a route fail until [`Guild::heal`]; `*` means every route.
    ///
    /// # Panics
    /// When there is no such route.
    pub fn fail_all(&self, route: &str, fault: Fault) {
        known(route);
        self.faults().keep(route, fault);
    }

    /// Ends all faults that were set and not met.
    pub fn heal(&self) {
        self.faults().clear();
    }

    /// Holds the next call of a route back until the gate is opened.
    ///
    /// # Panics
    /// When there is no such route.
    #[must_use]
    pub fn hold_next(&self, route: &str) -> Gate {
        let gate = Gate::closed();
        self.fail_next(route, Fault::Held(gate.clone()));
        gate
    }

    /// Refuses with 429 what goes beyond Discord's limits, by the stand-in's clock.
    pub fn enforce_rate_limits(&self) {
        self.rates().enforce();
    }

    /// Answers the next `count` handshakes of the gateway with HTTP 503.
    pub fn refuse_handshakes(&self, count: u32) {
        self.faults().refused_handshakes = count;
    }
}
