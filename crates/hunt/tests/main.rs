//! The hunt against samples of attacks and a reference of what is in them.
#![cfg(test)]

mod damage;
mod monday;
mod samples;
mod sweep;
mod truth;
