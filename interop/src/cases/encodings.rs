//! Segments spelled otherwise, before and after they are signed, and texts that are no three
//! segments.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::Bench;
use crate::object::quoted;

pub(super) fn add(bench: &mut Bench) {
    for filler in 0..3 {
        // Question marks, so that the alphabets differ.
        let filler = quoted(&"?>?~".repeat(4)[..13 + filler]);
        let header = bench.header().with("x", &*filler).text();
        let payload = bench.payload().with("x", &*filler).text();
        let token = bench.mint.token(header, payload);
        let segments: Vec<String> = token.split('.').map(str::to_owned).collect();
        for (index, place) in ["header", "payload", "signature"].into_iter().enumerate() {
            for (how, spelling) in spellings(&segments[index]) {
                let mut spelled = segments.clone();
                spelled[index] = spelling;
                bench.add(
                    format!("encoding: {place} {how}, afterwards"),
                    spelled.join("."),
                );
                if index < 2 {
                    let token = bench.mint.token_of(&spelled[0], &spelled[1]);
                    bench.add(format!("encoding: {place} {how}, signed"), token);
                }
            }
        }
        bench.add(
            "encoding: all padding stripped, afterwards",
            token.replace('=', ""),
        );
        let (header, payload) = (
            segments[0].trim_end_matches('='),
            segments[1].trim_end_matches('='),
        );
        let unpadded = bench.mint.token_of(header, payload);
        bench.add("encoding: header and payload unpadded, signed", &*unpadded);
        bench.add(
            "encoding: all unpadded, signed",
            unpadded.trim_end_matches('='),
        );
        structures(bench, &token, &segments);
    }
}

fn spellings(segment: &str) -> Vec<(String, String)> {
    let digits = segment.trim_end_matches('=');
    let bytes = URL_SAFE.decode(segment).expect("it has just been encoded");
    let (before, after) = digits.split_at(digits.len() / 2);
    let mut spellings: Vec<(String, String)> = [
        ("without padding", digits.to_owned()),
        ("with one =", format!("{digits}=")),
        ("with two =", format!("{digits}==")),
        ("with three =", format!("{digits}===")),
        ("with four =", format!("{digits}====")),
        ("with = in front", format!("={segment}")),
        ("with = inside", format!("{before}={after}")),
        ("with %3D", segment.replace('=', "%3D")),
        ("in the standard alphabet", STANDARD.encode(bytes)),
        ("with a + in front", format!("+{segment}")),
        ("with a / inside", format!("{before}/{after}")),
        ("with a space inside", format!("{before} {after}")),
        ("with a line break inside", format!("{before}\r\n{after}")),
        ("with a NUL inside", format!("{before}\0{after}")),
        ("with a letter beyond ASCII", format!("{before}é{after}")),
        ("with one digit more", format!("{digits}A")),
        ("with two digits more", format!("{digits}AA")),
        ("with four digits more", format!("{digits}AAAA")),
        ("with one digit less", digits[..digits.len() - 1].to_owned()),
        (
            "with two digits less",
            digits[..digits.len() - 2].to_owned(),
        ),
        ("empty", String::new()),
        ("as = alone", "=".to_owned()),
        ("as one digit", "A".to_owned()),
    ]
    .into_iter()
    .map(|(how, spelling)| (how.to_owned(), spelling))
    .collect();
    // The last digit of an incomplete group has bits that are part of no byte.
    let (start, last) = digits.split_at(digits.len() - 1);
    let alphabet = base64::alphabet::URL_SAFE.as_str();
    let stray = match digits.len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    let value = alphabet.find(last).expect("a digit is of the alphabet");
    for other in (value - value % stray)..(value - value % stray + stray) {
        let digit = &alphabet[other..=other];
        let padding = &segment[digits.len()..];
        spellings.push((
            format!("ending in {digit}"),
            format!("{start}{digit}{padding}"),
        ));
    }
    spellings
}

fn structures(bench: &mut Bench, token: &str, segments: &[String]) {
    let [header, payload, signature] = segments else {
        panic!("a token has three segments");
    };
    for (how, text) in [
        ("as it is", token.to_owned()),
        ("nothing", String::new()),
        ("a dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("header alone", header.clone()),
        ("header and payload", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("a fourth segment", format!("{token}.{signature}")),
        ("an empty fourth segment", format!("{token}.")),
        ("a dot in front", format!(".{token}")),
        ("five segments", format!("{token}.e30=.e30=")),
        (
            "segments in another order",
            format!("{payload}.{header}.{signature}"),
        ),
        ("header twice", format!("{header}.{header}.{signature}")),
        ("comma for dot", token.replace('.', ",")),
        ("after Bearer", format!("Bearer {token}")),
        ("after a space", format!(" {token}")),
        ("before a space", format!("{token} ")),
        ("before a line feed", format!("{token}\n")),
        ("in quotation marks", format!("\"{token}\"")),
        ("twice", format!("{token}{token}")),
        ("twice, by a comma", format!("{token},{token}")),
        ("in capitals", token.to_uppercase()),
    ] {
        bench.add(format!("structure: {how}"), text);
    }
}
