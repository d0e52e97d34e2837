//! Gives one of the targets the inputs of libFuzzer. `FUZZ_TARGET` says which one: `just fuzz NAME`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

mod targets;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let known: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
    let target = targets::ALL.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("FUZZ_TARGET is one of: {}", known.join(" "))).run
});

fuzz_target!(|input: &[u8]| TARGET(input));
