//! Release binaries under AWS's Runtime Interface Emulator: what Lambda itself would see.
//!
//! `./check rie` builds what is needed and names it in the environment. Without that these tests
//! fail; they never pass unseen.

#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod events;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod http;
#[cfg(test)]
mod ping;
#[cfg(test)]
mod queue;
