//! Attacks on the header as JSON.

use super::{forgeries, members};
use crate::minter::set;

forgeries! { "the header's JSON"
    /// A header that is an array.
    HeaderArray "json" local => |m| m.header_text(format!("[{}]", m.header()));
    /// A header that is an array of the members' values, in the order of their names.
    HeaderArrayOfValues "json" local => |m| {
        let (alb, exp) = (m.alb, m.seconds(120));
        let (kid, iss, client, signer) = (alb.key_id(), alb.issuer(), alb.client(), alb.arn());
        m.header_text(format!(r#"["JWT","{kid}","ES256","{iss}","{client}","{signer}",{exp}]"#))
    };
    /// A header that is a string with the header in it.
    HeaderString "json" local => |m| m.header_text(format!("{:?}", m.header()));
    /// A header that is a number.
    HeaderNumber "json" local => |m| m.header_text("1");
    /// A header that is null.
    HeaderNull "json" local => |m| m.header_text("null");
    /// A header that is true.
    HeaderTrue "json" local => |m| m.header_text("true");
    /// A header of one space.
    HeaderBlank "json" local => |m| m.header_text(" ");
    /// A header without any member.
    HeaderWithoutMembers "algorithm" local => |m| m.header_text("{}");
    /// A header with a second document behind it.
    HeaderTwice "json" local => |m| m.header_text(format!("{0}{0}", m.header()));
    /// A header with a word behind it.
    HeaderTrailingWord "json" local => |m| m.header_text(m.header() + " x");
    /// A header with a comma after its last member.
    HeaderTrailingComma "json" local => |m| m.header_text(m.header().replace('}', ",}"));
    /// A header with a comment.
    HeaderComment "json" local => |m| m.header_text(m.header().replace('}', "/**/}"));
    /// A header in single quotation marks.
    HeaderSingleQuotes "json" local => |m| m.header_text(m.header().replace('"', "'"));
    /// A header that ends in the middle.
    HeaderCut "json" local => |m| m.header_text(&m.header()[..m.header().len() - 1]);
    /// A header that is not UTF-8.
    HeaderNotUtf8 "json" local => |m| m.header_text(b"{\"typ\":\"\xff\"}");
    /// A slash in the header, in two bytes for one.
    HeaderOverlong "json" local => |m| {
        m.header_text([m.header().replace('}', r#","x":""#).as_bytes(), b"\xc0\xaf\"}"].concat())
    };
    /// Half of a surrogate pair in the header, in bytes.
    HeaderSurrogate "json" local => |m| {
        m.header_text([m.header().replace('}', r#","x":""#).as_bytes(), b"\xed\xa0\x80\"}"].concat())
    };
    /// Half of a surrogate pair in the header, as an escape.
    HeaderSurrogateEscape "json" local => |m| m.header_and(r#""x":"\ud800""#);
    /// A line feed in a string of the header.
    HeaderControlCharacter "json" local => |m| m.header_and("\"x\":\"\n\"");
    /// A header in UTF-16.
    HeaderUtf16 "json" local => |m| {
        m.header_text(m.header().encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>())
    };
    /// A byte order mark before the header.
    HeaderBom "json" local => |m| m.header_text(format!("\u{feff}{}", m.header()));

    /// A second `client`.
    DuplicateMember "json" local => |m| m.header_and(r#""client":"other""#);
    /// A second `client`, the same as the first.
    DuplicateSame "json" local => |m| m.header_and(&format!(r#""client":"{}""#, m.alb.client()));
    /// Another application's `client`, and then ours.
    DuplicateOursLast "json" local => |m| {
        m.header_with("client", &format!(r#""other","client":"{}""#, m.alb.client()))
    };
    /// A second `alg`.
    DuplicateAlg "json" local => |m| m.header_and(r#""alg":"ES256""#);
    /// A second `typ`.
    DuplicateTyp "json" local => |m| m.header_and(r#""typ":"JWT""#);
    /// A second `kid`.
    DuplicateKid "json" local => |m| m.header_and(&format!(r#""kid":"{}""#, m.alb.key_id()));
    /// A second `iss`.
    DuplicateIss "json" local => |m| m.header_and(&format!(r#""iss":"{}""#, m.alb.issuer()));
    /// A second `signer`.
    DuplicateSigner "json" local => |m| m.header_and(&format!(r#""signer":"{}""#, m.alb.arn()));
    /// A second `exp`.
    DuplicateExp "json" local => |m| m.header_and(&format!(r#""exp":{}"#, m.seconds(120)));
    /// A second `nbf`.
    DuplicateNbf "json" local => |m| m.header_and(r#""nbf":0,"nbf":0"#);
    /// A second `iat`.
    DuplicateIat "json" local => |m| m.header_and(r#""iat":0,"iat":0"#);
    /// A member twice, once with an escape in its name.
    EscapedDuplicate "json" local => |m| m.header_and(r#""\u006bid":"x""#);
    /// An unknown member twice.
    UnknownDuplicate "json" local => |m| m.header_and(r#""x":1,"x":2"#);
    /// An unknown member twice, once with an escape in its name.
    UnknownEscapedDuplicate "json" local => |m| m.header_and(r#""x":1,"\u0078":2"#);
    /// A member without a name, twice.
    NamelessDuplicate "json" local => |m| m.header_and(r#""":1,"":2"#);
    /// A member twice inside of an unknown member.
    NestedDuplicate "json" local => |m| m.header_and(r#""x":{"y":1,"y":2}"#);
    /// A member twice in an object in an array.
    DeepDuplicate "json" local => |m| m.header_and(r#""x":[[{"y":1,"\u0079":2}]]"#);

    /// Arrays nested one deeper than the sixteen levels that a header may have.
    DeepHeaderByOne "json" local => |m| {
        m.header_and(&format!(r#""x":{}{}"#, "[".repeat(16), "]".repeat(16)))
    };
    /// Arrays nested a thousand deep.
    DeepHeader "json" local => |m| {
        m.header_and(&format!(r#""x":{}{}"#, "[".repeat(1000), "]".repeat(1000)))
    };
    /// Objects nested a thousand deep.
    DeepHeaderObjects "json" local => |m| {
        m.header_and(&format!(r#""x":{}1{}"#, r#"{"x":"#.repeat(1000), "}".repeat(1000)))
    };
    /// Arrays nested ten thousand deep, and never closed.
    DeepHeaderUnclosed "json" local => |m| m.header_and(&format!(r#""x":{}"#, "[".repeat(10_000)));
    /// One member more than the 256 that a header may have.
    WideHeaderByOne "json" local => |m| m.header_and(&members(250));
    /// A thousand members.
    WideHeader "json" local => |m| m.header_and(&members(1000));
    /// A thousand members inside of a member.
    WideNestedHeader "json" local => |m| m.header_and(&format!(r#""x":{{{}}}"#, members(1000)));
    /// A number beyond all floats.
    HeaderInfinity "json" local => |m| m.header_and(r#""x":1e400"#);
    /// A word that is a number in other languages.
    HeaderNan "json" local => |m| m.header_and(r#""x":NaN"#);
    /// A number with a zero before it.
    HeaderOctal "json" local => |m| {
        m.header_text(set(&m.header(), "exp", &format!("0{}", m.seconds(120))))
    };
}
