//! [`fuzz_properties::end_to_end`], for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::end_to_end(data));
