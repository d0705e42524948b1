#![doc = include_str!("../README.md")]

pub mod alert;
pub mod app;
pub mod ground;
pub mod http;
pub mod load;
pub mod postgres;
pub mod provider;
pub mod random;
pub mod scale;
pub mod server;
