#![doc = include_str!("../README.md")]

pub mod canonical;
pub mod checkpoint;
pub mod tree;
