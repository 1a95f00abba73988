//! [`fuzz_properties::config`], for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::config(data));
