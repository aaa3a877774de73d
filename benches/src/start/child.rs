//! A program as Lambda starts it, with a Runtime API of its own.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use super::api::{Api, Round};
use crate::Error;

pub(crate) struct Child {
    process: std::process::Child,
    api: Api,
    reply: &'static str,
    took_us: f64,
}

impl Child {
    /// Returns once it has asked for its first event; each reply is to have `reply` in it.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        reply: &'static str,
    ) -> Result<Self, Error> {
        let api = Api::start()?;
        let started = Instant::now();
        let process = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "hello")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "1")
            .env("AWS_REGION", "eu-west-1")
            // Lines of every invocation are another question: bench `logger`.
            .env("AWS_LAMBDA_LOG_LEVEL", "ERROR")
            .env("RUST_LOG", "error")
            // lambda_http puts a REST API's stage before the path otherwise.
            .env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut child = Self {
            process,
            api,
            reply,
            took_us: 0.0,
        };
        match child.api.first_next() {
            Ok(asked) => child.took_us = (asked - started).as_secs_f64() * 1e6,
            Err(error) => {
                child.stop()?;
                return Err(format!("{}: {error}", program.display()).into());
            }
        }
        Ok(child)
    }

    /// From before it was started to its first `/next`.
    pub(crate) fn started_us(&self) -> f64 {
        self.took_us
    }

    pub(crate) fn connections(&self) -> usize {
        self.api.connections()
    }

    /// Hands it so many events.
    pub(crate) fn run(&mut self, events: usize) -> Result<Round, Error> {
        let round = self.api.run(events)?;
        let reply = self.api.last_reply();
        if !reply.contains(self.reply) {
            return Err(format!("replies {reply} instead of {:?}", self.reply).into());
        }
        Ok(round)
    }

    pub(crate) fn resident_kib(&self) -> Result<u64, Error> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("no VmRSS")?.parse()?)
    }

    pub(crate) fn stop(mut self) -> Result<(), Error> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}
