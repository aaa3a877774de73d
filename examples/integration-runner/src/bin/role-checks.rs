//! What this function's role and network are to allow, as a test binary: a filter in, a line for each check out.
//!
//! `CHECK_ADDRESSES` names what has to be reached, as `host:port,host:port`. Without it there is one address, which this
//! program listens on itself, so that it runs anywhere.
#![expect(clippy::print_stdout, reason = "a test binary's output is its report")]

use std::{
    env, fs, io,
    net::{TcpListener, TcpStream, ToSocketAddrs},
    process::ExitCode,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(3);

/// A name, and what is checked by it.
type Check = (String, Box<dyn Fn() -> io::Result<()>>);

fn reaches(address: &str) -> io::Result<()> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn writes() -> io::Result<()> {
    let file = env::temp_dir().join(format!("role-checks-{}", std::process::id()));
    fs::write(&file, "tea")?;
    let read = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    if read == "tea" {
        Ok(())
    } else {
        Err(io::Error::other("another text came back"))
    }
}

fn has_a_role() -> io::Result<()> {
    // Lambda sets it; elsewhere there is no role to have.
    if env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_none()
        || env::var_os("AWS_ACCESS_KEY_ID").is_some()
    {
        return Ok(());
    }
    Err(io::Error::other(
        "there are no credentials in the environment",
    ))
}

fn checks(addresses: &str) -> Vec<Check> {
    let mut checks: Vec<Check> = vec![
        ("role::has_credentials".to_owned(), Box::new(has_a_role)),
        ("disk::writes".to_owned(), Box::new(writes)),
    ];
    for address in addresses.split(',').map(str::trim) {
        let address = address.to_owned();
        checks.push((
            format!("network::reaches {address}"),
            Box::new(move || reaches(&address)),
        ));
    }
    checks
}

/// The filter as the runner gives it, last and after `--`, whatever it looks like; by hand also without.
fn filter(arguments: &[String]) -> &str {
    match arguments {
        [.., dashes, filter] if dashes == "--" => filter,
        _ => {
            let mut names = arguments.iter().filter(|text| !text.starts_with('-'));
            names.next().map_or("", String::as_str)
        }
    }
}

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let filter = filter(&arguments);
    let own = TcpListener::bind("127.0.0.1:0")?;
    let addresses = match env::var("CHECK_ADDRESSES") {
        Ok(addresses) => addresses,
        Err(_) => own.local_addr()?.to_string(),
    };
    let mut checks = checks(&addresses);
    checks.retain(|(name, _)| name.contains(filter));
    let mut failed = 0;
    for (name, check) in &checks {
        match check() {
            Ok(()) => println!("test {name} ... ok"),
            Err(error) => {
                failed += 1;
                println!("test {name} ... FAILED: {error}");
            }
        }
    }
    println!("{} checks, {failed} failed", checks.len());
    if checks.is_empty() {
        println!("no check has `{filter}` in its name");
    }
    // A filter that nothing is called by is a mistake, and no success.
    let is_good = failed == 0 && !checks.is_empty();
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn the_filter_is_what_comes_last_and_after_two_dashes() {
        for (arguments, expected) in [
            (&["--", "--help"][..], "--help"),
            (&["--", "--"], "--"),
            (&["network", "--", "disk"], "disk"),
            (&["--exact", "--", "--", "disk"], "disk"),
            (&["--exact", "disk"], "disk"),
            (&["--exact"], ""),
            (&["--"], ""),
            (&[], ""),
        ] {
            let arguments: Vec<String> = arguments.iter().map(|text| (*text).into()).collect();
            assert_eq!(filter(&arguments), expected, "{arguments:?}");
        }
    }
}
