//! AWS's command line imports the documents into moto, which plays API Gateway.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::{document, file, filled, named};

fn aws(arguments: &[&str]) -> Value {
    let output = Command::new(named("POWERTOOLS_AWS"))
        .args(arguments)
        .args(["--output", "json"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Path and methods of each resource, with the URI of each integration.
fn imported(program: &str) -> BTreeMap<String, Vec<(String, String)>> {
    // moto validates with the validator that finds no parameter `path+`, see `read`.
    let template = document(program, &[]).replace("+}", "}");
    let body = file(&format!("{program}-import.yaml"), &filled(&template));
    let body = format!("fileb://{}", body.display());
    let import = [
        "apigateway",
        "import-rest-api",
        "--fail-on-warnings",
        "--body",
    ];
    let api = aws(&[&import[..], &[&body]].concat());
    assert_eq!(api.get("warnings"), None, "{api}");

    let id = api["id"].as_str().unwrap();
    let resources = [
        "apigateway",
        "get-resources",
        "--embed",
        "methods",
        "--rest-api-id",
        id,
    ];
    let resources = aws(&resources);
    let resources = resources["items"].as_array().unwrap().iter();
    let methods = |resource: &Value| {
        let methods = resource["resourceMethods"]
            .as_object()
            .into_iter()
            .flatten();
        let integration = |method: &Value| {
            let integration = &method["methodIntegration"];
            assert_eq!(integration["type"], "aws_proxy", "{resource}");
            assert_eq!(integration["httpMethod"], "POST", "{resource}");
            integration["uri"].as_str().unwrap().to_owned()
        };
        methods
            .map(|(name, method)| (name.clone(), integration(method)))
            .collect::<Vec<_>>()
    };
    resources
        .map(|resource| {
            (
                resource["path"].as_str().unwrap().to_owned(),
                methods(resource),
            )
        })
        .filter(|(_, methods)| !methods.is_empty())
        .collect()
}

#[test]
fn a_rest_api_is_imported_without_a_warning() {
    for (program, expected) in [
        (
            "POWERTOOLS_PING",
            &[("/check", "POST"), ("/ping", "GET")][..],
        ),
        (
            "POWERTOOLS_DESCRIBED",
            &[
                ("/echo", "OPTIONS POST"),
                ("/files/{path}", "GET OPTIONS"),
                ("/orders", "GET OPTIONS POST"),
                ("/orders/{id}", "DELETE GET OPTIONS PUT"),
                ("/shops/{shop}/orders/{id}", "OPTIONS PATCH"),
            ],
        ),
        (
            "POWERTOOLS_ORDERS",
            &[
                ("/orders", "GET OPTIONS POST"),
                ("/orders/{id}", "DELETE GET OPTIONS PATCH"),
            ],
        ),
    ] {
        let imported = imported(program);

        let names = |methods: &[(String, String)]| {
            let mut names: Vec<_> = methods.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.join(" ")
        };
        let found: Vec<_> = imported
            .iter()
            .map(|(path, methods)| (path.clone(), names(methods)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, methods)| ((*path).to_owned(), (*methods).to_owned()))
            .collect();
        assert_eq!(found, expected, "{program}");
        for (_, uri) in imported.values().flatten() {
            assert!(uri.ends_with(":function:ping/invocations"), "{uri}");
        }
    }
}
