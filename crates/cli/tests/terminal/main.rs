//! The real binary, as a person at a terminal meets it.
#![cfg(test)]

mod hunts;
mod keeping;
mod life;
mod papers;
mod roles;
mod shell;
