//! What the crate promises to those who feed it: the contract's lines, real samples, damage, and any bytes at all.
#![cfg(test)]

mod bad_input;
mod contract;
mod damaged_text;
mod never_panics;
mod samples;
