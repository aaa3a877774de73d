//! Which places may be fetched: the rules against server-side request forgery.
//!
//! Everything here is a pure function of a URL or an address; nothing resolves, connects or waits.
//! The surprising part: a host *name* that passes [`check_url`] is not yet safe. Whoever connects
//! must put every address of that name through [`check_address`], and then connect to exactly those.
//!
//! What no rule can know: a public address may still belong to a machine that trusts this network
//! (an instance in the same VPC with a public IPv6 address). Name the hosts you mean with
//! [`AllowedHosts::Only`] when that matters.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::{Host, Url};

/// Which places may be fetched.
///
/// The list of hosts only narrows: a listed host at a private address is still refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) loopback: Loopback,
    pub(crate) hosts: AllowedHosts,
}

/// Whether this machine itself may be fetched.
///
/// Allow it in tests and local runs only: on Lambda, loopback is where the runtime API and the
/// extensions listen, credentials among what they hand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Loopback {
    #[default]
    Refused,
    Allowed,
}

/// The hosts that may be fetched, read from `*` or from a list such as
/// `example.com, *.example.org`.
///
/// The wildcard stands for one or more labels: `*.example.org` means `a.example.org` and
/// `a.b.example.org`, but not `example.org`. An empty list allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum AllowedHosts {
    #[default]
    Any,
    Only(Vec<HostPattern>),
}

/// One entry of [`AllowedHosts`], normalised as URLs normalise their hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostPattern {
    Exact(String),
    /// The name that stands after `*.`.
    Below(String),
}

/// An entry in a list of hosts is neither a host nor `*.` and a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is not a host: write `example.com`, `*.example.com`, or `*` alone for any host")]
pub(crate) struct InvalidHost {
    pub(crate) entry: String,
}

/// The rule that keeps a place from being fetched.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("only http and https are fetched")]
    Scheme { scheme: String },

    #[error("a url that carries a user name or a password is not fetched")]
    Credentials,

    #[error("the url names no host")]
    NoHost,

    #[error("the name means this machine")]
    LocalName,

    #[error("the host is not on the list of allowed hosts")]
    NotListed,

    // The address stays out of the text: where a name leads inside a network is not the caller's
    // to learn. When the caller wrote the address, the text around this one repeats it.
    #[error("{network} addresses are not fetched")]
    Address { address: IpAddr, network: Network },
}

/// What an address is, when it is not an ordinary public one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Benchmarking,
    Broadcast,
    Current,
    Documentation,
    Ipv4Compatible,
    Ipv4Translated,
    LinkLocal,
    Loopback,
    Metadata,
    Multicast,
    Nat64,
    Private,
    ProtocolAssignment,
    Reserved,
    Shared,
    SiteLocal,
    SixToFour,
    Teredo,
    UniqueLocal,
    Unspecified,
}

/// Refuses a URL whose text alone breaks a rule: its scheme, its credentials, its host.
pub(crate) fn check_url(url: &Url, policy: &Policy) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme {
            scheme: url.scheme().to_owned(),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    // An address in the URL never reaches a resolver, so this is the only place that can judge it.
    // `Url` has already read every spelling of IPv4: `0x7f.1`, `2130706433`, full-width digits.
    match url.host().ok_or(Refusal::NoHost)? {
        Host::Ipv4(address) => check_address(address.into(), policy.loopback)?,
        Host::Ipv6(address) => check_address(address.into(), policy.loopback)?,
        Host::Domain(name) => {
            if policy.loopback == Loopback::Refused && is_local(name) {
                return Err(Refusal::LocalName);
            }
        }
    }
    if !policy.hosts.allow(url.host_str().unwrap_or_default()) {
        return Err(Refusal::NotListed);
    }
    Ok(())
}

/// Refuses an address that is not an ordinary public one.
pub(crate) fn check_address(address: IpAddr, loopback: Loopback) -> Result<(), Refusal> {
    let network = match address {
        IpAddr::V4(address) => network_of_v4(address),
        IpAddr::V6(address) => network_of_v6(address),
    };
    match network {
        None => Ok(()),
        Some(Network::Loopback) if loopback == Loopback::Allowed => Ok(()),
        Some(network) => Err(Refusal::Address { address, network }),
    }
}

impl AllowedHosts {
    /// Whether `host`, as [`Url::host_str`] spells it, is on the list.
    fn allow(&self, host: &str) -> bool {
        let host = without_root(host);
        match self {
            Self::Any => true,
            Self::Only(patterns) => patterns.iter().any(|pattern| pattern.matches(host)),
        }
    }
}

impl FromStr for AllowedHosts {
    type Err = InvalidHost;

    fn from_str(list: &str) -> Result<Self, InvalidHost> {
        if list.trim() == "*" {
            return Ok(Self::Any);
        }
        list.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty())
            .map(HostPattern::from_str)
            .collect::<Result<_, _>>()
            .map(Self::Only)
    }
}

impl HostPattern {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => host == name,
            Self::Below(name) => host
                .strip_suffix(name.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(entry: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost {
            entry: entry.to_owned(),
        };
        let (is_wildcard, name) = match entry.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, entry),
        };
        // `Host` lets `*` stand in a name, where it would silently match nothing.
        if name.contains('*') {
            return Err(invalid());
        }
        let host = Host::parse(name).map_err(|_| invalid())?;
        let spelled = host.to_string();
        match (is_wildcard, host) {
            (_, Host::Domain(_)) if without_root(&spelled).is_empty() => Err(invalid()),
            (true, Host::Domain(_)) => Ok(Self::Below(without_root(&spelled).to_owned())),
            (true, Host::Ipv4(_) | Host::Ipv6(_)) => Err(invalid()),
            (false, _) => Ok(Self::Exact(without_root(&spelled).to_owned())),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Benchmarking => "benchmarking",
            Self::Broadcast => "broadcast",
            Self::Current => "this-network",
            Self::Documentation => "documentation",
            Self::Ipv4Compatible => "IPv4-compatible",
            Self::Ipv4Translated => "IPv4-translated",
            Self::LinkLocal => "link-local",
            Self::Loopback => "loopback",
            Self::Metadata => "metadata service",
            Self::Multicast => "multicast",
            Self::Nat64 => "NAT64",
            Self::Private => "private",
            Self::ProtocolAssignment => "protocol assignment",
            Self::Reserved => "reserved",
            Self::Shared => "shared",
            Self::SiteLocal => "site-local",
            Self::SixToFour => "6to4",
            Self::Teredo => "Teredo",
            Self::UniqueLocal => "unique local",
            Self::Unspecified => "unspecified",
        })
    }
}

/// The blocks of the IANA IPv4 Special-Purpose Address Registry that are not globally reachable,
/// plus multicast and the addresses where AWS serves metadata and credentials.
///
/// The first match wins, so a block stands before the one that contains it.
const V4_BLOCKS: [(Ipv4Addr, u32, Network); 20] = [
    (Ipv4Addr::UNSPECIFIED, 32, Network::Unspecified),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Network::Current),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Network::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Network::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Network::Loopback),
    // EC2 instances; then containers: ECS tasks and EKS pods.
    (Ipv4Addr::new(169, 254, 169, 254), 32, Network::Metadata),
    (Ipv4Addr::new(169, 254, 170, 2), 32, Network::Metadata),
    (Ipv4Addr::new(169, 254, 170, 23), 32, Network::Metadata),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Network::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Network::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Network::ProtocolAssignment),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Network::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Network::SixToFour),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Network::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Network::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Network::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Network::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Network::Multicast),
    (Ipv4Addr::BROADCAST, 32, Network::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Network::Reserved),
];

/// The same for IPv6, where the last line of `network_of_v6` refuses whatever is not listed and not
/// global unicast.
const V6_BLOCKS: [(Ipv6Addr, u32, Network); 17] = [
    (Ipv6Addr::UNSPECIFIED, 128, Network::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Network::Loopback),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0),
        96,
        Network::Ipv4Compatible,
    ),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        Network::Ipv4Translated,
    ),
    // Where the IPv4 address stands depends on each network's own prefix (RFC 8215, RFC 6052).
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        Network::Nat64,
    ),
    // Teredo and 6to4 lead to an IPv4 address of the sender's choice. Both are dead (RFC 7526), so
    // they are refused outright rather than taken apart.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        32,
        Network::Teredo,
    ),
    (
        Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0),
        48,
        Network::Benchmarking,
    ),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        Network::ProtocolAssignment,
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Network::Documentation,
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        Network::SixToFour,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Network::Documentation,
    ),
    // Amazon's own services inside unique local space; these two hand out credentials: EC2, EKS.
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        128,
        Network::Metadata,
    ),
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
        128,
        Network::Metadata,
    ),
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        Network::UniqueLocal,
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        Network::LinkLocal,
    ),
    (
        Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0),
        10,
        Network::SiteLocal,
    ),
    (
        Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0),
        8,
        Network::Multicast,
    ),
];

fn network_of_v4(address: Ipv4Addr) -> Option<Network> {
    let bits = u32::from(address);
    V4_BLOCKS
        .iter()
        .find(|(base, prefix, _)| (bits ^ u32::from(*base)).leading_zeros() >= *prefix)
        .map(|(_, _, network)| *network)
}

fn network_of_v6(address: Ipv6Addr) -> Option<Network> {
    // The system connects to a mapped address over IPv4, so it is exactly as good as that one.
    if let Some(mapped) = address.to_ipv4_mapped() {
        return network_of_v4(mapped);
    }
    // A subnet with DNS64 answers every IPv4-only name with one of these (AWS VPC does), so the
    // prefix cannot be refused as a whole. What it leads to is the translator's network, never this
    // machine: hence not the embedded address's own kind, which might be an allowed loopback.
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        let embedded = Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
        return network_of_v4(embedded).map(|_| Network::Nat64);
    }
    let bits = u128::from(address);
    V6_BLOCKS
        .iter()
        .find(|(base, prefix, _)| (bits ^ u128::from(*base)).leading_zeros() >= *prefix)
        .map(|(_, _, network)| *network)
        // Only 2000::/3 has been given out (RFC 4291 §2.4).
        .or_else(|| (address.segments()[0] >> 13 != 1).then_some(Network::Reserved))
}

/// `localhost` and everything below it (RFC 6761 §6.3).
fn is_local(name: &str) -> bool {
    let name = without_root(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// The name without the dots of the DNS root: `example.com.` is `example.com`.
fn without_root(name: &str) -> &str {
    name.trim_end_matches('.')
}

#[cfg(test)]
mod tests;
