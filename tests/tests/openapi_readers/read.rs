//! A validator, and a reader of YAML.

use std::process::Command;

use crate::{PROGRAMS, document, file, filled, named};

/// Reads both files with PyYAML, wants them to say the same, and validates what they say.
const READ: &str = "
import json, sys, yaml
from openapi_spec_validator import validate
with open(sys.argv[1]) as one, open(sys.argv[2]) as other:
    one, other = yaml.safe_load(one), json.load(other)
assert one == other, 'YAML and JSON differ'
validate(one)
print(one['openapi'], len(one['paths']))
";

#[test]
fn every_document_is_valid_and_says_the_same_as_yaml_and_as_json() {
    for (program, paths) in PROGRAMS.into_iter().zip([2, 5, 2]) {
        for target in ["plain", "rest", "http"] {
            for version in ["3.0", "3.1"] {
                let options = ["--target", target, "--openapi", version];
                let text = |format: &str| {
                    let format = ["--format", format];
                    let text = filled(&document(program, &[&options[..], &format].concat()));
                    // API Gateway's parameter for the rest of a path is called `path` there, and is written
                    // `{path+}`: OpenAPI knows no such thing, and a validator finds no parameter `path+`.
                    text.replace("+}", "}")
                };
                let name = format!("{program}-{target}-{version}");
                let output = Command::new(named("POWERTOOLS_VALIDATOR"))
                    .args(["-c", READ])
                    .arg(file(&format!("{name}.yaml"), &text("yaml")))
                    .arg(file(&format!("{name}.json"), &text("json")))
                    .output()
                    .unwrap();

                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{name}: {errors}");
                let patch = if version == "3.0" { 3 } else { 0 };
                let expected = format!("{version}.{patch} {paths}\n");
                assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{name}");
            }
        }
    }
}
