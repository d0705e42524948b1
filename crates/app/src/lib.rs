#![doc = include_str!("../README.md")]

pub mod directory;
pub mod edge;
pub mod ports;
