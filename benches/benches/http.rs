//! What does one HTTP request cost, from the event's bytes to the reply's? See `src/http/mod.rs`.

fn main() -> Result<(), powertools_benches::Error> {
    powertools_benches::main(
        &powertools_benches::http::QUESTION,
        env!("CARGO_BIN_EXE_allocations"),
    )
}
