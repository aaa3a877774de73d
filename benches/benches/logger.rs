//! What does one log line cost? See `src/logger.rs`.

fn main() -> Result<(), powertools_benches::Error> {
    powertools_benches::main(
        &powertools_benches::logger::QUESTION,
        env!("CARGO_BIN_EXE_allocations"),
    )
}
