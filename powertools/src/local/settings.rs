//! How the gateway is to run, from arguments and environment.

use crate::{Error, env, event::Source};

const PORT: u16 = 9000;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) port: u16,
    pub(super) source: Source,
}

impl Settings {
    /// Arguments win over the environment. Arguments that are not ours are left alone: they may be
    /// the program's own.
    pub(super) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let argument = port_argument(arguments)?.map(|text| ("`--port`", text));
        let variable = || Some(("POWERTOOLS_LOCAL_PORT", env::local_port()?));
        let port = match argument.or_else(variable) {
            None => PORT,
            Some((name, text)) => text.parse().map_err(|_| {
                format!("{name} is `{text}`, but a port is a number from 0 to 65535")
            })?,
        };
        let source = match env::local_event()
            .map(|name| name.to_ascii_lowercase())
            .as_deref()
        {
            None | Some("http") => Source::HttpApi,
            Some("rest") => Source::RestApi,
            Some(other) => {
                let text = "but it is either `http` or `rest`";
                return Err(format!("POWERTOOLS_LOCAL_EVENT is `{other}`, {text}").into());
            }
        };
        Ok(Self { port, source })
    }
}

fn port_argument(mut arguments: impl Iterator<Item = String>) -> Result<Option<String>, Error> {
    while let Some(argument) = arguments.next() {
        if argument == "--port" {
            let port = arguments.next();
            return Ok(Some(port.ok_or("`--port` needs a number")?));
        }
        if let Some(port) = argument.strip_prefix("--port=") {
            return Ok(Some(port.to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(arguments: &[&str]) -> Result<u16, String> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        Settings::read(arguments)
            .map(|settings| settings.port)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_port_is_read_in_both_spellings() {
        assert_eq!(port(&[]), Ok(9000));
        assert_eq!(port(&["--verbose", "--port", "8080"]), Ok(8080));
        assert_eq!(port(&["--port=0"]), Ok(0));
    }

    #[test]
    fn a_port_that_is_none_is_named() {
        assert_eq!(port(&["--port"]), Err("`--port` needs a number".into()));
        assert_eq!(
            port(&["--port", "70000"]),
            Err("`--port` is `70000`, but a port is a number from 0 to 65535".into())
        );
    }
}
