//! What does a function cost before its first event, and between two? See `src/start`.

fn main() -> Result<(), powertools_benches::Error> {
    powertools_benches::start::main()
}
