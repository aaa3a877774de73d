//! Where a request came from.

use std::net::IpAddr;

use serde::Deserialize;

use super::{FromRequest, OptionalFromRequest, Rejection};
use crate::event::{Request, Source};

/// The address of the client, as the front end saw it.
///
/// API Gateway and function URLs put it into the request context, where a client cannot write. Load
/// balancers and VPC Lattice append it to `x-forwarded-for`, so there it is the last entry: the ones
/// before are whatever the client sent. Behind a proxy of your own (CloudFront, say) it is the proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceIp(pub IpAddr);

#[derive(Deserialize)]
struct Ip {
    #[serde(rename = "sourceIp")]
    source_ip: String,
}

#[derive(Deserialize)]
struct RestContext {
    identity: Ip,
}

#[derive(Deserialize)]
struct HttpContext {
    http: Ip,
}

fn find(request: &Request) -> Option<IpAddr> {
    let text = match request.source() {
        Source::RestApi | Source::HttpApiV1 | Source::WebSocket => {
            request
                .request_context::<RestContext>()
                .ok()?
                .identity
                .source_ip
        }
        Source::HttpApi | Source::FunctionUrl => {
            request
                .request_context::<HttpContext>()
                .ok()?
                .http
                .source_ip
        }
        Source::Alb | Source::AlbMultiValue | Source::LatticeV1 | Source::Lattice => {
            let line = request.headers().all("x-forwarded-for").last()?;
            line.rsplit(',').next()?.trim().to_owned()
        }
    };
    parse(&text)
}

/// An address, or an address and a port, which a load balancer can be set to append.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| Some(text.parse::<std::net::SocketAddr>().ok()?.ip()))
}

impl<S: Sync> FromRequest<S> for SourceIp {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        find(request)
            .map(Self)
            .ok_or_else(|| Rejection::bad_request("the client's address is not known"))
    }
}

impl<S: Sync> OptionalFromRequest<S> for SourceIp {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(find(request).map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_port() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:4711", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("test-invoke-source-ip", None),
            ("", None),
        ] {
            let expected = expected.map(|text| text.parse::<IpAddr>().unwrap());
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
