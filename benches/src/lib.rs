//! One bench per question; see `benches/`.
