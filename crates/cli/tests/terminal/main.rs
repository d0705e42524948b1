//! The real binary, as a person at a terminal meets it.
#![cfg(test)]

mod life;
mod papers;
mod shell;
