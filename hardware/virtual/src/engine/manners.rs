//! How an engine misbehaves.

use std::time::Duration;

/// What an engine keeps to itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Silence {
    /// Nothing.
    #[default]
    None,
    /// It does not hear commands, but sends codes: its receive line is not connected.
    Deaf,
    /// It says nothing at all.
    Dead,
}

/// How an engine misbehaves. The default is well-behaved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manners {
    /// Time from a command to its answer.
    pub delay: Duration,
    /// Pause between any two bytes that it sends.
    pub gap: Duration,
    /// Runs its line at this speed, in baud, with ten bits a byte; without, bytes come at once.
    pub baud: Option<u32>,
    /// Of a million bits that it sends, so many are wrong.
    pub wrong_bits: u32,
    /// Bytes of garbage around everything it says, with a pause between.
    pub garbage: usize,
    /// Where chance begins, for `wrong_bits` and `garbage`.
    pub seed: u64,
    /// What it says when it gets power.
    pub banner: Option<Vec<u8>>,
    /// It answers what nobody asked, before every code and every answer.
    pub prattles: bool,
    /// It ends each line twice.
    pub doubles_ends: bool,
    /// It sends each code so many times more.
    pub repeats: usize,
    /// What it keeps to itself.
    pub silence: Silence,
    /// It acknowledges settings and does not keep them.
    pub forgets: bool,
    /// It acknowledges everything and does nothing; it goes on as it was.
    pub only_acknowledges: bool,
}

impl Manners {
    /// Every kind of bad manners alone, by name; codes still come from all of them but "dead".
    pub fn all() -> Vec<(&'static str, Self)> {
        let good = Self::default;
        vec![
            ("good", good()),
            ("slow", Self { delay: Duration::from_millis(700), ..good() }),
            ("dribbling", Self { gap: Duration::from_millis(25), ..good() }),
            ("noisy", Self { wrong_bits: 300, seed: 7, ..good() }),
            ("garbage", Self { garbage: 40, seed: 7, ..good() }),
            ("banner", Self { banner: Some(b"\r\nBOOT V1.3\r\n".into()), ..good() }),
            ("prattling", Self { prattles: true, ..good() }),
            ("double-ended", Self { doubles_ends: true, ..good() }),
            ("repeating", Self { repeats: 2, ..good() }),
            ("deaf", Self { silence: Silence::Deaf, ..good() }),
            ("dead", Self { silence: Silence::Dead, ..good() }),
            ("forgetful", Self { forgets: true, ..good() }),
            ("acknowledging", Self { only_acknowledges: true, ..good() }),
        ]
    }

    /// Bad manners by their name in [`Manners::all`].
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|(known, _)| *known == name).map(|(_, manners)| manners)
    }

    /// A code as it is sent: its end doubled, if that is how it behaves.
    pub(super) fn ended(&self, mut code: Vec<u8>) -> Vec<u8> {
        if self.doubles_ends
            && let Some(end @ (b'\r' | b'\n')) = code.last().copied()
        {
            code.push(end);
        }
        code
    }
}
