#![doc = include_str!("../README.md")]

pub mod canonical;
pub mod checkpoint;
pub mod package;
pub mod tree;
pub mod verify;
