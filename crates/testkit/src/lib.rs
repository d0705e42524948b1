#![doc = include_str!("../README.md")]

pub mod alert;
pub mod http;
pub mod postgres;
pub mod random;
pub mod server;
