#![doc = include_str!("../README.md")]

mod level;

pub use level::Level;
