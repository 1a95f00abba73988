//! Writes the test vectors that are checked in: `cargo run -p alb-oidc-testkit --features vectors
//! --example vectors`.

use std::fs;
use std::path::Path;

use alb_oidc_testkit::vectors;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(vectors::PATH);
    fs::write(&path, vectors::generate())?;
    println!("wrote {}", vectors::PATH);
    Ok(())
}
