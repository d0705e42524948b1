//! The hunt against samples of attacks and a reference of what is in them.
#![cfg(test)]

mod archives;
mod browser;
mod correlation;
mod damage;
mod ehr;
mod everything;
mod machine;
mod monday;
mod samples;
mod sweep;
mod truth;
