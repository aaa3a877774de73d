use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn policy(loopback: Loopback, hosts: &str) -> Policy {
    Policy {
        loopback,
        hosts: hosts.parse().expect(hosts),
    }
}

fn network(address: &str, loopback: Loopback) -> Option<Network> {
    match check_address(address.parse().expect(address), loopback) {
        Ok(()) => None,
        Err(Refusal::Address { network, .. }) => Some(network),
        Err(other) => panic!("{address}: {other:?}"),
    }
}

#[test]
fn every_special_address_is_refused_under_its_own_name() {
    // The first and the last address of every block.
    for (address, expected) in [
        ("0.0.0.0", Network::Unspecified),
        ("0.0.0.1", Network::Current),
        ("0.255.255.255", Network::Current),
        ("10.0.0.0", Network::Private),
        ("10.255.255.255", Network::Private),
        ("100.64.0.0", Network::Shared),
        ("100.100.100.200", Network::Shared),
        ("100.127.255.255", Network::Shared),
        ("127.0.0.0", Network::Loopback),
        ("127.0.0.1", Network::Loopback),
        ("127.255.255.255", Network::Loopback),
        ("169.254.0.0", Network::LinkLocal),
        ("169.254.79.129", Network::LinkLocal),
        ("169.254.169.253", Network::LinkLocal),
        ("169.254.169.254", Network::Metadata),
        ("169.254.169.255", Network::LinkLocal),
        ("169.254.170.2", Network::Metadata),
        ("169.254.170.23", Network::Metadata),
        ("169.254.255.255", Network::LinkLocal),
        ("172.16.0.0", Network::Private),
        ("172.31.255.255", Network::Private),
        ("192.0.0.0", Network::ProtocolAssignment),
        ("192.0.0.192", Network::ProtocolAssignment),
        ("192.0.0.255", Network::ProtocolAssignment),
        ("192.0.2.0", Network::Documentation),
        ("192.0.2.255", Network::Documentation),
        ("192.88.99.0", Network::SixToFour),
        ("192.88.99.255", Network::SixToFour),
        ("192.168.0.0", Network::Private),
        ("192.168.255.255", Network::Private),
        ("198.18.0.0", Network::Benchmarking),
        ("198.19.255.255", Network::Benchmarking),
        ("198.51.100.0", Network::Documentation),
        ("198.51.100.255", Network::Documentation),
        ("203.0.113.0", Network::Documentation),
        ("203.0.113.255", Network::Documentation),
        ("224.0.0.0", Network::Multicast),
        ("239.255.255.255", Network::Multicast),
        ("240.0.0.0", Network::Reserved),
        ("255.255.255.254", Network::Reserved),
        ("255.255.255.255", Network::Broadcast),
        ("::", Network::Unspecified),
        ("::1", Network::Loopback),
        ("::2", Network::Ipv4Compatible),
        ("::127.0.0.1", Network::Ipv4Compatible),
        ("::8.8.8.8", Network::Ipv4Compatible),
        ("::ffff:0:127.0.0.1", Network::Ipv4Translated),
        ("::ffff:0:8.8.8.8", Network::Ipv4Translated),
        ("64:ff9b:1::", Network::Nat64),
        ("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Network::Nat64),
        ("100::1", Network::Reserved),
        ("2001::", Network::Teredo),
        ("2001:0:808:808::1", Network::Teredo),
        ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Network::Teredo),
        ("2001:1::1", Network::ProtocolAssignment),
        ("2001:2::", Network::Benchmarking),
        ("2001:2:0:ffff:ffff:ffff:ffff:ffff", Network::Benchmarking),
        ("2001:2:1::", Network::ProtocolAssignment),
        ("2001:20::1", Network::ProtocolAssignment),
        (
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::ProtocolAssignment,
        ),
        ("2001:db8::", Network::Documentation),
        (
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::Documentation,
        ),
        ("2002::", Network::SixToFour),
        ("2002:808:808::1", Network::SixToFour),
        (
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::SixToFour,
        ),
        ("3fff::", Network::Documentation),
        (
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::Documentation,
        ),
        ("4000::", Network::Reserved),
        ("5f00::1", Network::Reserved),
        ("fbff:ffff::1", Network::Reserved),
        ("fc00::", Network::UniqueLocal),
        ("fd00:ec2::23", Network::Metadata),
        ("fd00:ec2::253", Network::UniqueLocal),
        ("fd00:ec2::254", Network::Metadata),
        (
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::UniqueLocal,
        ),
        ("fe00::1", Network::Reserved),
        ("fe80::", Network::LinkLocal),
        (
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::LinkLocal,
        ),
        ("fec0::", Network::SiteLocal),
        (
            "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::SiteLocal,
        ),
        ("ff00::", Network::Multicast),
        ("ff02::1", Network::Multicast),
        (
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Network::Multicast,
        ),
    ] {
        assert_eq!(
            network(address, Loopback::Refused),
            Some(expected),
            "{address}"
        );
    }
}

#[test]
fn the_neighbours_of_special_blocks_are_public() {
    for address in [
        "1.0.0.0",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2600:1f18::1",
        "2606:4700:4700::1111",
        "3ffe:ffff::1",
        "3fff:1000::1",
    ] {
        assert_eq!(network(address, Loopback::Refused), None, "{address}");
    }
}

#[test]
fn an_ipv4_address_inside_ipv6_is_judged_as_what_it_leads_to() {
    for (address, expected) in [
        ("::ffff:8.8.8.8", None),
        ("::ffff:127.0.0.1", Some(Network::Loopback)),
        ("::ffff:10.0.0.1", Some(Network::Private)),
        ("::ffff:169.254.169.254", Some(Network::Metadata)),
        ("::ffff:0.0.0.0", Some(Network::Unspecified)),
        ("64:ff9b::8.8.8.8", None),
        ("64:ff9b::127.0.0.1", Some(Network::Nat64)),
        ("64:ff9b::10.0.0.1", Some(Network::Nat64)),
        ("64:ff9b::169.254.169.254", Some(Network::Nat64)),
        ("64:ff9b::1:8.8.8.8", Some(Network::Reserved)),
    ] {
        assert_eq!(network(address, Loopback::Refused), expected, "{address}");
    }
}

#[test]
fn allowing_loopback_allows_loopback_only() {
    for (address, expected) in [
        ("127.0.0.1", None),
        ("127.255.255.255", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("0.0.0.0", Some(Network::Unspecified)),
        ("::", Some(Network::Unspecified)),
        ("::127.0.0.1", Some(Network::Ipv4Compatible)),
        ("64:ff9b::127.0.0.1", Some(Network::Nat64)),
        ("2002:7f00:1::", Some(Network::SixToFour)),
        ("10.0.0.1", Some(Network::Private)),
        ("169.254.169.254", Some(Network::Metadata)),
        ("fe80::1", Some(Network::LinkLocal)),
    ] {
        assert_eq!(network(address, Loopback::Allowed), expected, "{address}");
    }
}

#[test]
fn a_block_has_no_bits_beyond_its_prefix_and_stands_before_what_contains_it() {
    let v4 = V4_BLOCKS.map(|(base, prefix, _)| (u128::from(base.to_bits()) << 96, prefix));
    let v6 = V6_BLOCKS.map(|(base, prefix, _)| (base.to_bits(), prefix));

    for blocks in [v4.as_slice(), v6.as_slice()] {
        for (place, (base, prefix)) in blocks.iter().enumerate() {
            assert_eq!(base.unbounded_shl(*prefix), 0, "{base:x}/{prefix}");
            for (earlier, wider) in &blocks[..place] {
                assert!(
                    wider >= prefix || (earlier ^ base).leading_zeros() < *wider,
                    "{base:x}/{prefix} is never reached"
                );
            }
        }
    }
}

#[test]
fn only_http_and_https_are_fetched() {
    let policy = policy(Loopback::Refused, "*");

    for text in [
        "http://example.com/",
        "HTTPS://example.com:8443/a?b#c",
        "http://example.com:0",
    ] {
        assert_eq!(check_url(&url(text), &policy), Ok(()), "{text}");
    }
    for (text, scheme) in [
        ("file:///etc/passwd", "file"),
        ("ftp://example.com/", "ftp"),
        ("ws://example.com/", "ws"),
        ("gopher://example.com/", "gopher"),
        ("data:text/plain,hello", "data"),
        ("javascript:alert(1)", "javascript"),
        ("blob:http://example.com/1", "blob"),
        ("unix:/var/run/docker.sock", "unix"),
        ("httpx://example.com/", "httpx"),
    ] {
        let refusal = Refusal::Scheme {
            scheme: scheme.to_owned(),
        };
        assert_eq!(check_url(&url(text), &policy), Err(refusal), "{text}");
    }
}

#[test]
fn credentials_are_refused_even_when_empty_looking() {
    let policy = policy(Loopback::Refused, "*");

    for text in [
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://:word@example.com/",
        "http://example.com%00@127.0.0.1/",
        "http://example.com:80@127.0.0.1/",
    ] {
        assert_eq!(
            check_url(&url(text), &policy),
            Err(Refusal::Credentials),
            "{text}"
        );
    }
    // Nothing is left of these after parsing: there is nobody to impersonate.
    for text in ["http://@example.com/", "http://example.com/@user"] {
        assert_eq!(check_url(&url(text), &policy), Ok(()), "{text}");
    }
}

#[test]
fn every_spelling_of_an_address_is_seen_through() {
    let policy = policy(Loopback::Refused, "*");

    for (text, expected) in [
        ("http://127.0.0.1/", Network::Loopback),
        ("http://127.0.0.1./", Network::Loopback),
        ("http://127.1/", Network::Loopback),
        ("http://127.0.1/", Network::Loopback),
        ("http://0x7f.1/", Network::Loopback),
        ("http://0X7F.0x0.0x0.0x1/", Network::Loopback),
        ("http://0x7f000001/", Network::Loopback),
        ("http://2130706433/", Network::Loopback),
        ("http://017700000001/", Network::Loopback),
        ("http://0177.0.0.01/", Network::Loopback),
        ("http://00000177.1/", Network::Loopback),
        ("http://%31%32%37.0.0.1/", Network::Loopback),
        ("http://１２７．０．０．１/", Network::Loopback),
        ("http://127。0。0。1/", Network::Loopback),
        ("http://①②⑦.⓪.⓪.①/", Network::Loopback),
        ("http://0/", Network::Unspecified),
        ("http://0.0.0.0:80/", Network::Unspecified),
        ("http://0x0/", Network::Unspecified),
        ("http://10.1/", Network::Private),
        ("http://192.168.257/", Network::Private),
        ("http://2852039166/", Network::Metadata),
        ("http://0xa9fea9fe/", Network::Metadata),
        ("http://0251.0376.0251.0376/", Network::Metadata),
        ("http://169.254.43518/", Network::Metadata),
        ("http:169.254.169.254", Network::Metadata),
        ("http:\\\\169.254.169.254\\latest", Network::Metadata),
        ("http://1\t69.254.169.254/", Network::Metadata),
        ("http://[::1]/", Network::Loopback),
        ("http://[0:0:0:0:0:0:0:1]/", Network::Loopback),
        ("http://[::ffff:127.0.0.1]/", Network::Loopback),
        ("http://[::FFFF:7F00:1]/", Network::Loopback),
        ("http://[::127.0.0.1]/", Network::Ipv4Compatible),
        ("http://[::]/", Network::Unspecified),
        ("http://[fd00:ec2::254]/", Network::Metadata),
        ("http://[FE80::1]/", Network::LinkLocal),
        ("http://[64:ff9b::a9fe:a9fe]/", Network::Nat64),
    ] {
        match check_url(&url(text), &policy) {
            Err(Refusal::Address { network, .. }) => assert_eq!(network, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_looks_like_an_address_and_is_none_is_no_url() {
    for text in [
        "http://256.0.0.1/",
        "http://127.0.0.1.1/",
        "http://0x7g.1/",
        "http://1.2.3.08/",
        "http://4294967296/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[v1.x]/",
        "http://exa mple.com/",
        "http://a%00b/",
        "http://",
        "http://:80/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_names_of_this_machine_are_refused_unless_loopback_is_allowed() {
    for text in [
        "http://localhost/",
        "http://LOCALHOST:8080/",
        "http://localhost./",
        "http://localhost../",
        "http://api.localhost/",
        "http://a.b.Localhost./",
        "http://ｌｏｃａｌｈｏｓｔ/",
        "http://loc%61lhost/",
        "http://local\u{ad}host/",
    ] {
        let url = url(text);
        let refused = policy(Loopback::Refused, "*");
        let allowed = policy(Loopback::Allowed, "*");

        assert_eq!(check_url(&url, &refused), Err(Refusal::LocalName), "{text}");
        assert_eq!(check_url(&url, &allowed), Ok(()), "{text}");
    }
    for text in ["http://localhost.example.com/", "http://notlocalhost/"] {
        assert_eq!(
            check_url(&url(text), &policy(Loopback::Refused, "*")),
            Ok(()),
            "{text}"
        );
    }
}

#[test]
fn a_list_of_hosts_means_those_hosts_and_no_others() {
    let list = "example.com *.Example.org,\n bücher.example, 8.8.8.8, [2606:4700::1]";
    let policy = policy(Loopback::Refused, list);

    for text in [
        "http://example.com/",
        "https://EXAMPLE.com.:8443/",
        "http://a.example.org/",
        "http://a.b.example.org./",
        "http://xn--bcher-kva.example/",
        "http://8.8.8.8/",
        "http://134744072/",
        "http://[2606:4700:0::0001]/",
    ] {
        assert_eq!(check_url(&url(text), &policy), Ok(()), "{text}");
    }
    for text in [
        "http://a.example.com/",
        "http://example.org/",
        "http://.example.org/",
        "http://anexample.org/",
        "http://example.com.evil.net/",
        "http://example.com-evil.net/",
        "http://8.8.4.4/",
    ] {
        assert_eq!(
            check_url(&url(text), &policy),
            Err(Refusal::NotListed),
            "{text}"
        );
    }
}

#[test]
fn a_listed_host_at_a_refused_address_stays_refused() {
    let policy = policy(Loopback::Refused, "10.0.0.1, localhost");

    assert_eq!(
        check_url(&url("http://10.0.0.1/"), &policy),
        Err(Refusal::Address {
            address: Ipv4Addr::new(10, 0, 0, 1).into(),
            network: Network::Private
        })
    );
    assert_eq!(
        check_url(&url("http://localhost/"), &policy),
        Err(Refusal::LocalName)
    );
}

#[test]
fn lists_of_hosts_are_read() {
    let exact = |name: &str| HostPattern::Exact(name.to_owned());
    let below = |name: &str| HostPattern::Below(name.to_owned());

    for (list, expected) in [
        (" * ", AllowedHosts::Any),
        ("", AllowedHosts::Only(vec![])),
        (" ,\n", AllowedHosts::Only(vec![])),
        (
            "Example.COM.",
            AllowedHosts::Only(vec![exact("example.com")]),
        ),
        (
            "*.example.com.",
            AllowedHosts::Only(vec![below("example.com")]),
        ),
        (
            "a.test,*.b.test",
            AllowedHosts::Only(vec![exact("a.test"), below("b.test")]),
        ),
        (
            "0x7f.1 [::1]",
            AllowedHosts::Only(vec![exact("127.0.0.1"), exact("[::1]")]),
        ),
    ] {
        assert_eq!(list.parse(), Ok(expected), "{list:?}");
    }
    for (list, entry) in [
        ("*, example.com", "*"),
        ("example.com, *.", "*."),
        ("*.*.example.com", "*.*.example.com"),
        ("exam*.com", "exam*.com"),
        ("*example.com", "*example.com"),
        ("*.10.0.0.1", "*.10.0.0.1"),
        ("*.[::1]", "*.[::1]"),
        ("https://example.com", "https://example.com"),
        ("example.com:443", "example.com:443"),
        ("example.com/path", "example.com/path"),
        ("::1", "::1"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        (".", "."),
    ] {
        let error = InvalidHost {
            entry: entry.to_owned(),
        };
        assert_eq!(list.parse::<AllowedHosts>(), Err(error), "{list:?}");
    }
}

#[test]
fn an_empty_list_allows_nothing() {
    let policy = policy(Loopback::Refused, "");

    assert_eq!(
        check_url(&url("http://example.com/"), &policy),
        Err(Refusal::NotListed)
    );
}

#[test]
fn a_refusal_names_the_rule_and_keeps_the_address_to_itself() {
    let address = check_address(Ipv4Addr::new(10, 1, 2, 3).into(), Loopback::Refused);

    assert_eq!(
        address.expect_err("private").to_string(),
        "private addresses are not fetched"
    );
    assert_eq!(
        Refusal::LocalName.to_string(),
        "the name means this machine"
    );
    assert_eq!(
        Refusal::NotListed.to_string(),
        "the host is not on the list of allowed hosts"
    );
}
