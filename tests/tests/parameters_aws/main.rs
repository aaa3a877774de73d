//! The parameters' providers against AWS's services, through AWS's own SDK.
//!
//! `ci/moto` plays SSM, Secrets Manager and DynamoDB and puts itself in the environment; without it these
//! tests fail, they never pass unseen. What moto has not (AppConfig's data, the extension) or never does
//! (throttle, break off, say nothing) is played by stubs that speak the services' own protocols.
//!
//! `p07_…` is what fact P07 of `powertools/docs/behaviours.md` says.

#[cfg(test)]
mod appconfig;
#[cfg(test)]
mod dynamodb;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod extension;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod moto;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod ssm;
#[cfg(test)]
mod whole;
#[cfg(test)]
mod wire;
