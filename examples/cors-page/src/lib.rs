//! A page on one origin and the API that it asks on another.
//!
//! Two functions, because they are two origins: [`api`] counts a browser's visits in a cookie, [`page`] serves
//! the page that asks it. Only the API knows of CORS.

pub mod api;
pub mod page;
