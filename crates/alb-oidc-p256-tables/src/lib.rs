//! ES256 verification for keys that are used often.
//!
//! Whoever verifies thousands of signatures by one key can pay once for what each of them needs.
//! [`PrecomputedKey`] holds multiples of the public key, as the process holds multiples of the
//! generator, and a verification is the sum of 74 points at most: no doubling, and no inversion but
//! that of `s`. It takes about half the time of the same with aws-lc-rs, and a seventh of that of
//! the crate `p256`, on which it is built.
//!
//! ```
//! use alb_oidc_p256_tables::PrecomputedKey;
//! # use p256::ecdsa::{Signature, SigningKey, signature::Signer};
//! # let signer = SigningKey::from_slice(&[0x42; 32])?;
//! # let point = signer.verifying_key().to_sec1_point(false);
//! # let spki = [&[0; 26], point.as_bytes()].concat();
//! # let signature: Signature = signer.sign(b"a message");
//! # let signature: [u8; 64] = signature.to_bytes().into();
//!
//! // A key in DER: 26 bytes that say "a point of P-256", and the point.
//! let (_, point) = spki.split_last_chunk().ok_or("too short")?;
//! let key = PrecomputedKey::from_uncompressed_point(point)?; // takes milliseconds, once
//! key.verify(b"a message", &signature)?;
//! assert!(key.verify(b"another", &signature).is_err());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is computed
//!
//! ECDSA over P-256 with SHA-256, as [SEC 1](https://www.secg.org/sec1-v2.pdf) section 4.1.4 has it:
//!
//! 1. `r` and `s` are from 1 to `n - 1`. A high `s` is as good as a low one.
//! 2. `u1 = z / s` and `u2 = r / s` modulo `n`, with `z` the digest as a number.
//! 3. `R = u1·G + u2·Q` is not the point at infinity, and `r` is its `x` modulo `n`.
//!
//! For the third, a scalar is written in 37 signed digits of 7 bits, from -63 to 64, and the table of
//! a point has `d·128^i` times the point for every place `i` and every `d` from 1 to 64: the
//! scalar's multiple is the sum of one entry, or the negative of one, for each digit that is not zero.
//! That is the fixed-base windowing method, with signed digits to halve the table.
//!
//! The sum is kept in the coordinates that the
//! [Explicit-Formulas Database](https://hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html) calls XYZZ,
//! and each entry is added by its formula madd-2008-s, ten multiplications in the field. What is
//! compared in the end is `r·ZZ` with `X`, and, where `r + n` is less than `p`, `(r + n)·ZZ` too.
//!
//! # Why an addition cannot be wrong
//!
//! That formula is the law of addition of two points with different `x`, and is for no others. So each
//! addition checks that they are different, and if they are not (two equal points, a point and its
//! negative), nothing is concluded: the crate `p256` verifies the signature, by its complete formulas.
//! There is no representation of the point at infinity that could be mistaken for a point: `ZZ` begins
//! as one, and is only ever multiplied by squares of differences that are not zero.
//!
//! Multiples of one point never meet on the way to a sum. What has been added before the digit of place
//! `i` is, in absolute value, a multiple less than `0.51·128^i`, and not zero; what the digit adds is one of
//! `128^i` at least. As integers they are different, and so are the one and the other's negative. Neither
//! are they the same modulo `n`: before the last place, both are less than `n / 4`. In the last, where
//! `128^i` is `2^252` and the digit from 1 to 16, one plus the other is the scalar, which is from 1 to `n - 1`.
//! And one minus the other could only be `-n`: with the digit 16 for a sum of `2^256 - n`, but that makes the
//! scalar `2^257 - n`, which is more than `n`; with any other digit for a sum of `-2^252` or so, or one
//! further from zero, and no sum is. (Were it otherwise, the answer would be slower, and the same.)
//!
//! A multiple of the generator and one of the key can meet, where `u1` and digits of `u2` fit the
//! private key, so whoever finds such a place knows it. An honest signature gets there with a
//! probability of about 2^-250; one that is made on purpose, with the private key in hand, gains a
//! slower answer, and the right one.
//!
//! # What is trusted
//!
//! For the arithmetic in the field, in each verification by a table:
//!
//! - [`fiat-crypto`](https://docs.rs/fiat-crypto). The program that it generates has a machine-checked
//!   proof that it computes what it should, from numbers below `p`. That the program is printed
//!   in Rust as it was proven, and compiled so, is trusted.
//! - `field.rs` of this crate, which makes numbers of bytes and keeps them below `p`.
//!
//! For the rest, [`p256`](https://docs.rs/p256) and what it is made of:
//!
//! - `p256`: the constants of the curve, the arithmetic of scalars, and arithmetic in the field that is
//!   its own and not `fiat-crypto`'s: by that a key is checked to be on the curve, the entries of a
//!   table are computed, once, and the exceptional cases are decided.
//! - `primeorder`: the complete formulas
//!   ([Renes, Costello and Batina 2015](https://eprint.iacr.org/2015/1060)) that make the entries of a
//!   table and decide in the exceptional cases, and `batch_normalize`, which gives the entries their
//!   `x` and `y`.
//! - `ecdsa`: that `r` and `s` are from 1 to `n - 1`, and the plain verification.
//! - `elliptic-curve`, `primefield`, `sec1` and `crypto-bigint` below them.
//!
//! `p256`, `primeorder` and `ecdsa` say of themselves that they have never been independently audited.
//! `crypto-bigint` was, and says that it has changed much since. The others say nothing of it. This crate
//! has not been audited either. The versions that it is tested with are those in the repository's `Cargo.lock`.
//!
//! [`sha2`](https://docs.rs/sha2) for SHA-256. And of this crate besides `field.rs`: the digits, the
//! choice of entries, one formula of addition, the comparison in the end.
//!
//! Its tests have Project Wycheproof's vectors, the field beside integers of `crypto-bigint`, each of the cases above constructed on purpose, each
//! entry of a table, the digits of random and of extreme scalars, and signatures, genuine and broken,
//! that aws-lc-rs must judge the same.
//!
//! # Variable time
//!
//! How long it takes depends on the key, the message and the signature. All three are public: this
//! crate verifies and has no secret to leak. Do not use its parts for anything else.
//!
//! # Memory
//!
//! [`PrecomputedKey::TABLE_BYTES`], 148 KiB, for each key, until it is dropped; and as much once for
//! the generator, from the first key on, until the process ends.

#![forbid(unsafe_code)]

mod digits;
mod field;
mod key;
mod point;
mod table;

pub use key::{InvalidKey, InvalidSignature, PrecomputedKey};

/// The code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
