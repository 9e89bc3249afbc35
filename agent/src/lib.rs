//! The station: bytes come in from the bench, filings go out to a registry, and nothing that was
//! accepted is lost on the way.
//!
//! ```text
//! hardware ─ Reading ─▶ bench ─ Handset ─▶ check ─ Verdict ─▶ cases ─ Case ─▶ batch ─ signed ─▶ outbox ─▶ registry
//! ```
//!
//! | room | job |
//! |---|---|
//! | [`bench`](mod@bench) | what is plugged in; readings merged into handsets |
//! | [`counter`] | scanners and the codes that they send |
//! | [`check`] | our rules, then the registry's verdict |
//! | [`ruling`] | what a registry can say: verdicts and decisions |
//! | [`rules`](mod@rules) | what may change in the regime, as data |
//! | [`declaration`] | numbers looked for in customs declarations |
//! | [`cases`] | what is filed, and what would get it refused |
//! | [`batch`] | manifest and signature |
//! | [`outbox`] | submissions on their way, never lost, never sent twice |
//! | [`registry`] | who is asked and filed with |
//! | [`portal`] | what people saw on portals that answer people only, and their screenshots |
//! | [`tacs`] | what is known of the models behind IMEIs, imported and learned |
//! | [`store`] | what the station remembers |
//! | [`station`] | the rooms put together; the desk where people work |
//! | [`api`], [`ui`], [`cli`] | the doors |
//! | [`sandbox_api`] | the sandbox over HTTP, for whoever writes shop software |
//! | [`demo`] | the story, played on a virtual bench |

pub mod api;
pub mod batch;
pub mod bench;
pub mod cases;
pub mod check;
pub mod cli;
pub mod clock;
pub mod counter;
pub mod declaration;
pub mod demo;
pub mod finding;
pub mod id;
pub mod outbox;
pub mod place;
pub mod portal;
pub mod registry;
pub mod rules;
pub mod ruling;
pub mod sandbox_api;
pub mod station;
pub mod store;
pub mod tacs;
pub mod ui;
