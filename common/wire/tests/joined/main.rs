//! Both ends of the conversation, joined by a line.

mod answers;
mod chaos;
mod manners;
mod shelf;
mod versions;
