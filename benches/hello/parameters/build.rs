//! With the feature `fixed-address`, a program that the dynamic linker has little to do for. See what that costs
//! and brings in `powertools/docs/performance.md`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_FIXED_ADDRESS").is_some() {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
