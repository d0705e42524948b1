//! The ledger from outside: what a reader of a package or of a log would lose if it failed.

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod interoperability;
#[cfg(test)]
mod log;
#[cfg(test)]
mod package;
#[cfg(test)]
mod tampering;
