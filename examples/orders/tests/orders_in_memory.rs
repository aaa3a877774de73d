//! Orders in memory are kept as any store keeps them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract::is_kept(&orders::store::Memory::default()).await;
}
