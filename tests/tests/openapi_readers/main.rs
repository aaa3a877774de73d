//! Documents of routes as other programs read them: a validator, AWS's command line and moto, and a client
//! that makes its requests of what a document says.
//!
//! `./check openapi` installs and builds what is needed and names it in the environment. Without that these
//! tests fail; they never pass unseen.

#[cfg(test)]
mod driven;
#[cfg(test)]
mod imported;
#[cfg(test)]
mod read;
#[cfg(test)]
#[path = "../gateway/served.rs"]
#[expect(dead_code, reason = "the gateway's tests need more of it")]
mod served;

/// What `./check openapi` names.
#[cfg(test)]
fn named(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `./check openapi` sets it"))
}

/// The programs whose documents are read.
#[cfg(test)]
const PROGRAMS: [&str; 3] = [
    "POWERTOOLS_PING",
    "POWERTOOLS_DESCRIBED",
    "POWERTOOLS_ORDERS",
];

/// What a program prints of its routes.
#[cfg(test)]
fn document(program: &str, options: &[&str]) -> String {
    let output = std::process::Command::new(named(program))
        .arg("openapi")
        .args(options)
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A file of its own for this text.
#[cfg(test)]
fn file(name: &str, text: &str) -> std::path::PathBuf {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openapi");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The template filled in, as Terraform's `templatefile` would.
#[cfg(test)]
fn filled(template: &str) -> String {
    const LAMBDA: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
                          arn:aws:lambda:eu-west-1:123456789012:function:ping/invocations";
    let filled = template.replace("${lambda_arn}", LAMBDA);
    filled.replace("$${", "${").replace("%%{", "%{")
}
