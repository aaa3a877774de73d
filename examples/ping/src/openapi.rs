//! What the document says that types and routes do not.

use powertools::openapi::{Gateway, OpenApi};

use crate::check::Wanted;

pub(crate) fn api() -> OpenApi {
    OpenApi::new("ping", env!("CARGO_PKG_VERSION"))
        .description(
            "A status checker: fetches the URL that a caller names and hands back what came.",
        )
        // What was fetched may be an image, and without this a REST API would hand on its base64.
        .gateway(Gateway::new().binary_media_types(["*/*"]))
        .operation("check", |check| {
            // The handler reads its body itself, whatever its type, and answers with what came.
            check
                .body::<Wanted>("application/json")
                .problem(502)
                .problem(504);
        })
}

#[cfg(test)]
mod tests {
    use powertools::{openapi::Target, parameters::Local};

    use crate::{checker::Checker, guard::Loopback, settings::Settings};

    fn document(target: Target) -> String {
        let settings = Settings::local(Local::new(), Loopback::Refused);
        let router = crate::router(Checker::new(settings)).unwrap();
        router.document_for(target).unwrap().to_yaml()
    }

    #[test]
    fn the_committed_documents_are_current() {
        assert_eq!(
            document(Target::RestApi),
            include_str!("../openapi.yaml"),
            "renew it: cargo run -p ping -F openapi -- openapi --out examples/ping/openapi.yaml"
        );
        assert_eq!(
            document(Target::HttpApi),
            include_str!("../openapi-http.yaml"),
            "renew it: cargo run -p ping -F openapi -- openapi --target http --out \
             examples/ping/openapi-http.yaml"
        );
    }
}
