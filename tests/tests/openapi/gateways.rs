//! What API Gateway is told beyond OpenAPI.

use crate::*;

#[test]
fn a_document_for_a_rest_api_has_what_it_imports() {
    let api = OpenApi::new("shop", "1")
        .gateway(
            Gateway::new()
                .invoke_role()
                .timeout(std::time::Duration::from_secs(29))
                .binary_media_types(["*/*"])
                .validate_requests(),
        )
        .security_scheme("pool", SecurityScheme::cognito(["${user_pool_arn}"]))
        .security_scheme("own", SecurityScheme::lambda("${authorizer_arn}"))
        .security_scheme(
            "jwt",
            SecurityScheme::jwt("https://issuer.example", ["shop"]),
        )
        .security("pool");
    let document = document(routes![create, show], api);

    let create = at(&document, "/paths/~1orders/post");
    assert_eq!(
        create["x-amazon-apigateway-integration"],
        json!({
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": "${lambda_arn}",
            "credentials": "${invoke_role_arn}",
            "timeoutInMillis": 29000
        })
    );
    // Not at the root, where an importer may overlook it.
    assert_eq!(create["security"], json!([{ "pool": [] }]));
    assert_eq!(document.as_value().get("security"), None);
    // Statuses of three digits, and no others.
    assert_eq!(
        keys(&create["responses"]),
        ["200", "400", "413", "415", "422", "500"]
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-binary-media-types"),
        &json!(["*/*"])
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-request-validator"),
        "all"
    );
    assert_eq!(
        at(&document, "/components/securitySchemes"),
        &json!({
            "pool": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {
                    "type": "cognito_user_pools", "providerARNs": ["${user_pool_arn}"]
                }
            },
            "own": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "token", "authorizerUri": "${authorizer_arn}"
                }
            },
            "jwt": { "type": "apiKey", "in": "header", "name": "Authorization" }
        })
    );
    // What nobody asks for protects nothing, and need not.
    assert_eq!(document.notes(), [""; 0]);
}

#[test]
fn no_document_is_made_that_would_let_everybody_in() {
    let api = |target| {
        OpenApi::new("shop", "1")
            .target(target)
            .security_scheme(
                "jwt",
                SecurityScheme::jwt("https://issuer.example", ["shop"]),
            )
            .security_scheme("signed", SecurityScheme::iam())
            .security("jwt")
            .operation("show", |show| {
                show.security("signed");
            })
    };
    let told = |target| {
        let errors = errors(routes![show, create], api(target));
        let texts = errors.iter().map(ToString::to_string);
        texts.collect::<Vec<_>>()
    };

    assert_eq!(
        told(Target::RestApi),
        ["security scheme `jwt`: a REST API checks no JWT by itself and would let everybody in"]
    );
    assert_eq!(
        told(Target::HttpApi),
        [
            "security scheme `signed`: its authorizer is a REST API's, and an HTTP API would let everybody \
             in"
        ]
    );
}

#[test]
fn a_document_for_an_http_api_has_its_payload_its_cors_and_its_authorizers() {
    let cors = GatewayCors::allow_origins(["https://page.example"]).allow_methods(["GET"]);
    let api = OpenApi::new("shop", "1")
        .target(Target::HttpApi)
        .gateway(Gateway::new().cors(cors))
        .security_scheme(
            "jwt",
            SecurityScheme::jwt("https://issuer.example", ["shop"]),
        )
        .security("jwt");
    let document = document(routes![show], api);

    assert_eq!(
        at(
            &document,
            "/paths/~1orders~1{id}/get/x-amazon-apigateway-integration"
        ),
        &json!({
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": "${lambda_arn}",
            "payloadFormatVersion": "2.0"
        })
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-cors"),
        &json!({ "allowOrigins": ["https://page.example"], "allowMethods": ["GET"] })
    );
    assert_eq!(
        at(
            &document,
            "/components/securitySchemes/jwt/x-amazon-apigateway-authorizer"
        ),
        &json!({
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": { "issuer": "https://issuer.example", "audience": ["shop"] }
        })
    );
}

#[test]
fn preflights_reach_the_router_that_answers_them() {
    let router = |target| {
        let router = Router::new(routes![show, cancel]).unwrap();
        let router = router
            .cors(Cors::allow_origin("https://page.example"))
            .unwrap();
        router.document_for(target).unwrap()
    };

    let rest = router(Target::RestApi);
    let path = at(&rest, "/paths/~1orders~1{id}");
    assert_eq!(keys(path), ["delete", "get", "options"]);
    assert_eq!(
        path["options"]["x-amazon-apigateway-integration"]["uri"],
        "${lambda_arn}"
    );
    assert_eq!(path["options"]["security"], json!([]));
    assert_eq!(path["options"]["parameters"][0]["name"], "id");
    assert_eq!(
        keys(at(&router(Target::Plain), "/paths/~1orders~1{id}")),
        ["delete", "get"]
    );
}

#[get("/ping")]
async fn ping() -> Response {
    Response::default()
}

#[test]
fn what_a_rest_api_would_do_otherwise_is_said() {
    let rest = document_of(routes![ping], Target::RestApi);
    assert_eq!(
        rest.notes(),
        [
            "GET /ping: this path is API Gateway's own on a custom domain, where a request for it never \
             reaches the function"
        ]
    );
    // A REST API knows no "any other answer", and every method answers something.
    assert_eq!(
        at(&rest, "/paths/~1ping/get/responses/200"),
        &json!({ "description": "An answer." })
    );
    assert_eq!(plain(routes![ping]).notes(), [""; 0]);
}

#[test]
fn problems_in_the_applications_own_form_are_not_described_as_ours() {
    let router = Router::new(routes![show]).unwrap();
    let router = router.on_problem(|problem, _| (problem.status(), "sorry"));
    let document = router.document_for(Target::Plain).unwrap();

    assert_eq!(
        at(&document, "/paths/~1orders~1{id}/get/responses/500"),
        &json!({ "description": "Internal Server Error" })
    );
}
