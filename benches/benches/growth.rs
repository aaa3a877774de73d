//! What does it cost as things grow? See `src/growth/mod.rs`.

fn main() -> Result<(), powertools_benches::Error> {
    powertools_benches::growth::main(env!("CARGO_BIN_EXE_allocations"))
}
