//! The local gateway beside other programs: AWS's command line, another gateway, a load generator, a client
//! of WebSockets, and clients that mean no good.
//!
//! `./check gateway` installs and builds what is needed and names it in the environment. Without that these
//! tests fail; they never pass unseen.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod opinion;
#[cfg(test)]
mod served;
#[cfg(test)]
mod throughput;
#[cfg(test)]
mod websocket;

/// What `./check gateway` names.
#[cfg(test)]
fn named(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `./check gateway` sets it"))
}
