//! The incident as the rest of the program sees it: one whole incident, what must never happen, triage, the profile.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod practice;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod severity;
#[cfg(test)]
mod world;
