const NONE: Routes = ::powertools::router::Routes::new();
const ALL: Routes = ::powertools::router::Routes::new()
    .with(health {})
    .with(orders::show {});
const SOME: Routes = {
    let __powertools_routes = ::powertools::router::Routes::new().with(health {});
    #[cfg(feature = "admin")]
    let __powertools_routes = __powertools_routes.with(admin::purge {});
    __powertools_routes
}
    .with(orders::show {});
