//! [`fuzz_properties::public_key`], for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::public_key(data));
