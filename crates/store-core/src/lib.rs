#![doc = include_str!("../README.md")]

pub mod backend;
pub mod dump;
pub mod find;
pub mod journal;
pub mod near;
pub mod outside;
pub mod plan;
pub mod prepare;
pub mod records;
pub mod search;
pub mod writer;
