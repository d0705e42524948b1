//! The face as a client sees it: the router over a real program on SQLite, in one process.
#![cfg(test)]

mod authority;
mod case;
mod conditions;
mod delivery;
mod description;
mod doors;
mod elsewhere;
mod events;
mod ground;
mod guard;
mod hostile;
mod investigation;
mod listener;
mod lists;
mod pages;
mod papers;
mod quiet;
mod roles;
mod session;
mod writing;
