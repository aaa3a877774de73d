#[post("/reports")]
#[cfg(feature = "reports")]
#[deprecated]
pub(crate) async fn r#type(report: Json<Report>) -> impl IntoResponse {
    report.save().await
}
