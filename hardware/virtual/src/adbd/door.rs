//! Whether the computer is let in: the phone sends a token, the computer signs it; where the key
//! is not known it sends the key, and the phone asks its owner.

use std::time::{Duration, Instant};

use rsa::RsaPublicKey;

use super::auth::{self, AllowedKeys, SIGNATURE, Token};
use crate::persona::Allow;

/// What the phone says at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Sign this.
    Sign(Token),
    /// Come in.
    Welcome,
}

/// Kinds of authorization packets that a computer sends.
const SIGNED: u32 = 2;
const KEY: u32 = 3;

#[derive(Debug)]
pub(super) struct Door {
    allow: Allow,
    second_token: Option<Duration>,
    allowed: AllowedKeys,
    place: Place,
    question: Option<Question>,
}

/// How far this conversation has come.
#[derive(Debug)]
enum Place {
    /// Nobody has knocked.
    Nowhere,
    /// A token is out, until the computer proves itself; `showed` when it sent a key.
    Outside {
        token: Token,
        showed: bool,
        another: Option<Instant>,
    },
    Inside,
}

/// What the screen shows until it is touched.
#[derive(Debug)]
struct Question {
    key: RsaPublicKey,
    touched: Option<Instant>,
}

impl Door {
    pub(super) const fn new(
        allow: Allow,
        second_token: Option<Duration>,
        allowed: AllowedKeys,
    ) -> Self {
        Self { allow, second_token, allowed, place: Place::Nowhere, question: None }
    }

    pub(super) const fn allowed(&self) -> &AllowedKeys {
        &self.allowed
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.place, Place::Inside)
    }

    pub(super) const fn is_asking(&self) -> bool {
        self.question.is_some()
    }

    /// A conversation begins. A question stays on the screen.
    pub(super) fn knock(&mut self) -> Answer {
        self.leave();
        if self.allow == Allow::Unasked { self.let_in() } else { self.ask_to_sign() }
    }

    /// Nobody is left to be let in.
    pub(super) fn leave(&mut self) {
        self.place = Place::Nowhere;
    }

    /// The question vanishes from the screen.
    pub(super) fn withdraw(&mut self) {
        self.question = None;
    }

    pub(super) fn touch(&mut self, now: Instant) -> bool {
        let question = self.question.as_mut();
        question.map(|question| question.touched = Some(now)).is_some()
    }

    /// Takes in what the computer proves itself with.
    pub(super) fn hear(
        &mut self,
        kind: u32,
        payload: &[u8],
        now: Instant,
    ) -> Result<Option<Answer>, String> {
        let Place::Outside { token, .. } = &self.place else {
            return Err("an authorization that was not asked for".to_owned());
        };
        match kind {
            SIGNED => {
                let signed = match self.allow {
                    Allow::Known => payload.len() == SIGNATURE,
                    _ => self.allowed.signed(token, payload),
                };
                Ok(Some(if signed { self.let_in() } else { self.ask_to_sign() }))
            }
            KEY => {
                let key = auth::parse(payload).map_err(|bad| bad.to_string())?;
                Ok(self.shown(key, now))
            }
            other => Err(format!("authorization of kind {other}")),
        }
    }

    fn shown(&mut self, key: RsaPublicKey, now: Instant) -> Option<Answer> {
        let touched = match self.allow {
            Allow::Known | Allow::Unasked => {
                self.allowed.remember(key);
                return Some(self.let_in());
            }
            Allow::After(time) => Some(now + time),
            Allow::Never => None,
        };
        if self.question.as_ref().is_none_or(|question| question.key != key) {
            self.question = Some(Question { key, touched });
        }
        if let Place::Outside { showed, another, .. } = &mut self.place {
            *another = self.second_token.filter(|_| !*showed).map(|time| now + time);
            *showed = true;
        }
        None
    }

    /// What happens by itself at `now`.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Answer> {
        if let Some(question) = self.question.take_if(|it| it.touched.is_some_and(|at| at <= now)) {
            self.allowed.remember(question.key);
            if matches!(self.place, Place::Outside { showed: true, .. }) {
                return Some(self.let_in());
            }
        }
        match &mut self.place {
            Place::Outside { token, another, .. } if another.is_some_and(|at| at <= now) => {
                *another = None;
                *token = auth::token();
                Some(Answer::Sign(*token))
            }
            _ => None,
        }
    }

    /// When something happens by itself.
    pub(super) fn wakes(&self) -> impl Iterator<Item = Instant> {
        let another = match self.place {
            Place::Outside { another, .. } => another,
            _ => None,
        };
        self.question.as_ref().and_then(|question| question.touched).into_iter().chain(another)
    }

    fn let_in(&mut self) -> Answer {
        self.place = Place::Inside;
        Answer::Welcome
    }

    fn ask_to_sign(&mut self) -> Answer {
        let token = auth::token();
        let (showed, another) = match self.place {
            Place::Outside { showed, another, .. } => (showed, another),
            _ => (false, None),
        };
        self.place = Place::Outside { token, showed, another };
        Answer::Sign(token)
    }
}
