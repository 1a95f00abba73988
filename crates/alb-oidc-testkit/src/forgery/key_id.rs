//! Attacks on the key id, which becomes part of a URL.

use super::forgeries;

forgeries! { "the key id"
    /// No key id.
    KidMissing "json" local => |m| m.header_without("kid");
    /// A key id of null.
    KidNull "json" local => |m| m.header_with("kid", "null");
    /// A key id that is true.
    KidTrue "json" local => |m| m.header_with("kid", "true");
    /// A key id that is a number.
    KidNumber "json" local => |m| m.header_with("kid", "1");
    /// A key id that is an array with the right one in it.
    KidArray "json" local => |m| m.header_with("kid", &format!(r#"["{}"]"#, m.alb.key_id()));
    /// A key id that is an object with the right one in it.
    KidObject "json" local => |m| {
        m.header_with("kid", &format!(r#"{{"kid":"{}"}}"#, m.alb.key_id()))
    };
    /// A key id of no characters.
    KidEmpty "key-id" local => |m| m.header_with("kid", r#""""#);
    /// The word null as key id.
    KidWordNull "key-id" local => |m| m.header_with("kid", r#""null""#);
    /// A path as key id.
    KidPath "key-id" local => |m| m.header_with("kid", r#""../../other""#);
    /// A path behind the key id.
    KidAndPath "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid}/../other"));
    /// The key id after a path that leads back.
    KidAfterPath "key-id" local => |m| m.header_spelled("kid", |kid| format!("x/../{kid}"));
    /// A path as key id, escaped.
    KidEscapedPath "key-id" local => |m| m.header_with("kid", r#""%2e%2e%2fother""#);
    /// A path with backslashes as key id.
    KidBackslash "key-id" local => |m| m.header_with("kid", r#""..\\other""#);
    /// A path of full-width dots as key id.
    KidFullWidthDots "key-id" local => |m| m.header_with("kid", r#""．．/other""#);
    /// A host as key id.
    KidHost "key-id" local => |m| m.header_with("kid", r#""@127.0.0.1:1/""#);
    /// A host after two slashes as key id.
    KidDoubleSlash "key-id" local => |m| m.header_with("kid", r#""//127.0.0.1:1/""#);
    /// A URL as key id.
    KidUrl "key-id" local => |m| m.header_with("kid", r#""http://127.0.0.1:1/""#);
    /// The key id and a query.
    KidQuery "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid}?x"));
    /// The key id and a fragment.
    KidFragment "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid}#x"));
    /// The key id and a matrix parameter.
    KidSemicolon "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid};x"));
    /// The key id in upper case: one of its many other spellings.
    KidUpperCase "key-id" local => |m| m.header_spelled("kid", str::to_uppercase);
    /// The key id in braces.
    KidBraces "key-id" local => |m| m.header_spelled("kid", |kid| format!("{{{kid}}}"));
    /// The key id as a URN.
    KidUrn "key-id" local => |m| m.header_spelled("kid", |kid| format!("urn:uuid:{kid}"));
    /// The key id without hyphens.
    KidWithoutHyphens "key-id" local => |m| m.header_spelled("kid", |kid| kid.replace('-', ""));
    /// The key id with its first hyphen a digit further.
    KidHyphenMoved "key-id" local => |m| {
        m.header_spelled("kid", |kid| format!("{}{}-{}", &kid[..8], &kid[9..10], &kid[10..]))
    };
    /// The key id with a hyphen percent-encoded.
    KidEscapedHyphen "key-id" local => |m| {
        m.header_spelled("kid", |kid| kid.replacen('-', "%2d", 1))
    };
    /// The key id and a line feed, which URL parsers drop.
    KidLineFeed "key-id" local => |m| m.header_spelled("kid", |kid| format!(r"{kid}\n"));
    /// The key id and a carriage return.
    KidCarriageReturn "key-id" local => |m| m.header_spelled("kid", |kid| format!(r"{kid}\r"));
    /// A tab in the key id, which URL parsers drop.
    KidTab "key-id" local => |m| m.header_spelled("kid", |kid| kid.replacen('-', r"\t-", 1));
    /// A tab in place of a digit of the key id.
    KidTabForDigit "key-id" local => |m| m.header_spelled("kid", |kid| format!(r"\t{}", &kid[1..]));
    /// The key id and a NUL.
    KidNul "key-id" local => |m| m.header_spelled("kid", |kid| format!(r"{kid}\u0000"));
    /// A space before the key id.
    KidLeadingSpace "key-id" local => |m| m.header_spelled("kid", |kid| format!(" {kid}"));
    /// A space after the key id.
    KidTrailingSpace "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid} "));
    /// The key id but for its last digit.
    KidShort "key-id" local => |m| m.header_spelled("kid", |kid| kid[..35].to_owned());
    /// The key id and one digit more.
    KidLong "key-id" local => |m| m.header_spelled("kid", |kid| format!("{kid}0"));
    /// A letter in the key id that is no hexadecimal digit.
    KidLetter "key-id" local => |m| m.header_spelled("kid", |kid| format!("{}g", &kid[..35]));
    /// Three bytes for a digit of the key id, in as many bytes as a key id has.
    KidFullWidthDigit "key-id" local => |m| {
        m.header_spelled("kid", |kid| format!("{}０", &kid[..33]))
    };
    /// A sign in the key id, as parsers of numbers allow.
    KidSign "key-id" local => |m| m.header_spelled("kid", |kid| format!("+{}", &kid[1..]));
    /// A key id of ten thousand digits.
    KidHuge "key-id" local => |m| m.header_with("kid", &format!(r#""{}""#, "0".repeat(10_000)));
    /// A key id that is well-formed and nobody's.
    KidUnknown "unknown-key" fetch => |m| {
        m.header_with("kid", r#""00000000-0000-4000-8000-000000000000""#)
    };
}
