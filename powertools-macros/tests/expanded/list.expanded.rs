const NONE: Routes = ::powertools::router::Routes::new();
const ALL: Routes = ::powertools::router::Routes::new()
    .with(health {})
    .with(orders::show {});
const SOME: Routes = {
    let routes = ::powertools::router::Routes::new().with(health {});
    #[cfg(feature = "admin")]
    let routes = routes.with(admin::purge {});
    routes
}
    .with(orders::show {});
