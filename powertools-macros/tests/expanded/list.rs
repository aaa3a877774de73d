const NONE: Routes = routes![];
const ALL: Routes = routes![health, orders::show,];
const SOME: Routes = routes![health, #[cfg(feature = "admin")] admin::purge, orders::show];
