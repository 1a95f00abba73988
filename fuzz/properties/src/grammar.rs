//! A second reading of what a configuration is made of: texts split at their
//! separators and compared part by part. It shares no code with `alb-oidc`, and
//! has neither its types nor the standard library's for addresses.

/// `arn:<partition>:elasticloadbalancing:<region>:<account>:loadbalancer/app/<
/// name>/<id>`, and nothing else.
pub(crate) fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let [
        "arn",
        partition,
        "elasticloadbalancing",
        region,
        account,
        resource,
    ] = *parts
    else {
        return false;
    };
    let segments: Vec<&str> = resource.split('/').collect();
    let ["loadbalancer", "app", name, id] = *segments else {
        return false;
    };
    is_region(region)
        && partition == partition_of(region)
        && is_account(account)
        && is_name(name)
        && is_of("0123456789abcdef", id)
        && id.len() == 16
}

/// Two to four letters, one or more words of letters, a number of one or two
/// digits; at most 24 characters; and in no isolated partition that is unknown.
pub(crate) fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = &*words else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && is_of(LOWER_CASE, word);
    let is_isolated = words.iter().any(|word| word.starts_with("iso"));
    text.len() <= 24
        && is_word(first)
        && (2..=4).contains(&first.len())
        && !middle.is_empty()
        && middle.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && is_of(DIGITS, number)
        && !(is_isolated && partition_of(text) == "aws")
}

/// Which partition a region is in.
pub(crate) fn partition_of(region: &str) -> &'static str {
    let begins = |start: &str| region.starts_with(start);
    let second = region.split('-').nth(1);
    match second {
        _ if begins("us-gov-") => "aws-us-gov",
        _ if begins("cn-") => "aws-cn",
        _ if begins("eusc-") => "aws-eusc",
        Some("iso") => "aws-iso",
        Some("isob") => "aws-iso-b",
        Some("isoe") => "aws-iso-e",
        Some("isof") => "aws-iso-f",
        _ => "aws",
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && is_of(DIGITS, text)
}

/// 1 to 32 letters, digits and hyphens, no hyphen at either end.
pub(crate) fn is_name(text: &str) -> bool {
    let inside = text.trim_matches('-');
    (1..=32).contains(&text.len())
        && inside.len() == text.len()
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
}

/// A UUID in lower case with hyphens.
pub(crate) fn is_key_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| is_of("0123456789abcdef", group))
}

pub(crate) fn is_client_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}

pub(crate) fn is_of(alphabet: &str, text: &str) -> bool {
    text.chars().all(|character| alphabet.contains(character))
}

pub(crate) const DIGITS: &str = "0123456789";
const LOWER_CASE: &str = "abcdefghijklmnopqrstuvwxyz";
