//! What does a cached parameter cost? See `src/parameters.rs`.

fn main() -> Result<(), powertools_benches::Error> {
    powertools_benches::main(
        &powertools_benches::parameters::QUESTION,
        env!("CARGO_BIN_EXE_allocations"),
    )
}
