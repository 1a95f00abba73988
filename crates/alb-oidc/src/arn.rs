//! The Amazon Resource Name of an Application Load Balancer, parsed to the last character.

use std::fmt;
use std::str::FromStr;

use crate::error::ArnError;
use crate::hex;
use crate::inline::InlineText;

/// The ARN of one Application Load Balancer:
/// `arn:<partition>:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>`.
///
/// Source: AWS, *Service Authorization Reference*, "Actions, resources, and condition keys for AWS
/// Elastic Load Balancing V2".
///
/// ```
/// use alb_oidc::LoadBalancerArn;
///
/// let arn: LoadBalancerArn =
///     "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188".parse()?;
/// assert_eq!(arn.region().as_str(), "eu-west-1");
/// assert_eq!(arn.name().as_str(), "shop");
/// # Ok::<(), alb_oidc::ArnError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerArn {
    region: Region,
    account: AccountId,
    name: LoadBalancerName,
    id: u64,
}

impl LoadBalancerArn {
    /// The partition, which follows from the region.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.region.partition()
    }

    /// The region that the load balancer is in, and whose keys sign for it.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The account that owns the load balancer.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The name that the owner gave it.
    #[must_use]
    pub const fn name(&self) -> &LoadBalancerName {
        &self.name
    }

    /// Takes bytes, for each token's signer is parsed, and none of the grammars below has a
    /// character of more than one.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, ArnError> {
        // Whatever else is wrong with it, a wildcard is what to talk about.
        Self::parse_parts(text).map_err(|error| {
            match text.iter().any(|byte| matches!(byte, b'*' | b'?')) {
                true => ArnError::Wildcard,
                false => error,
            }
        })
    }

    fn parse_parts(text: &[u8]) -> Result<Self, ArnError> {
        let part = |text| cut(text, b':').ok_or(ArnError::NotAnArn);
        let rest = text.strip_prefix(b"arn:").ok_or(ArnError::NotAnArn)?;
        let (partition, rest) = part(rest)?;
        let partition = Partition::parse(partition)?;
        let Some(rest) = rest.strip_prefix(b"elasticloadbalancing:") else {
            return part(rest).and(Err(ArnError::Service));
        };
        let (region, rest) = part(rest)?;
        let (account, resource) = part(rest)?;
        let (name, id) = parse_resource(resource)?;
        let region = Region::parse(region)?;
        if region.partition() != partition {
            return Err(ArnError::PartitionOfRegion);
        }
        Ok(Self {
            region,
            account: AccountId::parse(account)?,
            name: LoadBalancerName::parse(name)?,
            id: parse_id(id)?,
        })
    }
}

/// What stands before the separator, and what behind it.
fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == separator)?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The name and the id out of `loadbalancer/app/<name>/<id>`; for everything else of Elastic Load
/// Balancing, what it is instead.
fn parse_resource(resource: &[u8]) -> Result<(&[u8], &[u8]), ArnError> {
    let Some(path) = resource.strip_prefix(b"loadbalancer/app/") else {
        return Err(kind_of(resource));
    };
    cut(path, b'/').ok_or(ArnError::Resource)
}

/// What it is, if it is no Application Load Balancer.
fn kind_of(resource: &[u8]) -> ArnError {
    let mut segments = resource.split(|byte| *byte == b'/');
    match (segments.next(), segments.next()) {
        (Some(b"listener"), _) => ArnError::Listener,
        (Some(b"listener-rule"), _) => ArnError::ListenerRule,
        (Some(b"targetgroup"), _) => ArnError::TargetGroup,
        (Some(b"loadbalancer"), Some(b"net")) => ArnError::NetworkLoadBalancer,
        (Some(b"loadbalancer"), Some(b"gwy")) => ArnError::GatewayLoadBalancer,
        _ => ArnError::Resource,
    }
}

fn parse_id(text: &[u8]) -> Result<u64, ArnError> {
    let pairs = match text.as_chunks() {
        (pairs, []) => <&[_; 8]>::try_from(pairs).ok(),
        _ => None,
    };
    match pairs.and_then(hex::decode) {
        Some(id) => Ok(u64::from_be_bytes(id)),
        // More segments than there are: looked for only where something is wrong.
        None if text.contains(&b'/') => Err(ArnError::Resource),
        None => Err(ArnError::Id),
    }
}

impl FromStr for LoadBalancerArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for LoadBalancerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:elasticloadbalancing:{}:{}:loadbalancer/app/{}/{:016x}",
            self.partition(),
            self.region,
            self.account,
            self.name,
            self.id
        )
    }
}

impl fmt::Debug for LoadBalancerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A partition of AWS: a group of regions with its own accounts, domains and keys.
///
/// Source: AWS, *AWS Fault Isolation Boundaries*, "Partitions".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// The commercial regions, `aws`.
    Aws,
    /// AWS GovCloud (US), `aws-us-gov`.
    AwsUsGov,
    /// China, `aws-cn`.
    AwsCn,
    /// The AWS European Sovereign Cloud, `aws-eusc`.
    AwsEusc,
    /// `aws-iso`.
    AwsIso,
    /// `aws-iso-b`.
    AwsIsoB,
    /// `aws-iso-e`.
    AwsIsoE,
    /// `aws-iso-f`.
    AwsIsoF,
}

impl Partition {
    /// The name as it stands in an ARN.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsCn => "aws-cn",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
        }
    }

    fn parse(text: &[u8]) -> Result<Self, ArnError> {
        ALL_PARTITIONS
            .into_iter()
            .find(|partition| partition.as_str().as_bytes() == text)
            .ok_or(ArnError::Partition)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const ALL_PARTITIONS: [Partition; 8] = [
    Partition::Aws,
    Partition::AwsUsGov,
    Partition::AwsCn,
    Partition::AwsEusc,
    Partition::AwsIso,
    Partition::AwsIsoB,
    Partition::AwsIsoE,
    Partition::AwsIsoF,
];

/// A region's code, such as `eu-west-1`: two to four letters, one or more words of letters, and a
/// number of one or two digits, joined by `-`; at most 24 characters.
///
/// A region of an isolated (`iso…`) partition that is not one of [`Partition`]'s is refused: it
/// would be taken for one of `aws`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(InlineText<24>);

impl Region {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The partition that the region belongs to, which its first letters tell.
    #[must_use]
    pub fn partition(&self) -> Partition {
        let code = self.0.as_bytes();
        // Behind the first word, of two to four letters.
        let isolated = match code {
            [b'u', b's', b'-', b'g', b'o', b'v', b'-', ..] => return Partition::AwsUsGov,
            [b'c', b'n', b'-', ..] => return Partition::AwsCn,
            [b'e', b'u', b's', b'c', b'-', ..] => return Partition::AwsEusc,
            [_, _, b'-', rest @ ..]
            | [_, _, _, b'-', rest @ ..]
            | [_, _, _, _, b'-', rest @ ..] => rest.strip_prefix(b"iso"),
            _ => None,
        };
        match isolated {
            Some([b'-', ..]) => Partition::AwsIso,
            Some([b'b', b'-', ..]) => Partition::AwsIsoB,
            Some([b'e', b'-', ..]) => Partition::AwsIsoE,
            Some([b'f', b'-', ..]) => Partition::AwsIsoF,
            _ => Partition::Aws,
        }
    }

    fn parse(text: &[u8]) -> Result<Self, ArnError> {
        let mut words = text.split(|byte| *byte == b'-');
        let first = words.next().unwrap_or_default();
        let number = words.next_back().unwrap_or_default();
        let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase);
        let is_number = (1..=2).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
        let mut is_valid = is_word(first) && (2..=4).contains(&first.len()) && is_number;
        let mut is_isolated = first.starts_with(b"iso");
        let mut has_middle = false;
        for word in words {
            has_middle = true;
            is_valid &= is_word(word);
            is_isolated |= word.starts_with(b"iso");
        }
        let region = InlineText::new(text)
            .map(Self)
            .filter(|_| is_valid && has_middle);
        let is_guessed = |region: &Self| is_isolated && region.partition() == Partition::Aws;
        region
            .filter(|region| !is_guessed(region))
            .ok_or(ArnError::Region)
    }
}

impl FromStr for Region {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The twelve digits of an AWS account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The account of simulated load balancers, which AWS gives to no one.
    pub const SIMULATOR: Self = Self(0);

    fn parse(text: &[u8]) -> Result<Self, ArnError> {
        if text.len() != 12 {
            return Err(ArnError::Account);
        }
        let account = text.iter().try_fold(0, |account, byte| match byte {
            b'0'..=b'9' => Ok(account * 10 + u64::from(byte - b'0')),
            _ => Err(ArnError::Account),
        });
        account.map(Self)
    }
}

impl FromStr for AccountId {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of a load balancer: 1 to 32 ASCII letters, digits and hyphens, with no hyphen at either
/// end.
///
/// Source: AWS, *Elastic Load Balancing API Reference*, `CreateLoadBalancer`, parameter `Name`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerName(InlineText<32>);

impl LoadBalancerName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn parse(text: &[u8]) -> Result<Self, ArnError> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let ends_with_letters = match text {
            [] => false,
            [first, .., last] => *first != b'-' && *last != b'-',
            [only] => *only != b'-',
        };
        if !ends_with_letters || !text.iter().all(allowed) {
            return Err(ArnError::Name);
        }
        InlineText::new(text).map(Self).ok_or(ArnError::Name)
    }
}

impl FromStr for LoadBalancerName {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for LoadBalancerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LoadBalancerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 4] = ["aws", "eu-west-1", "123456789012", "shop"];

    fn arn([partition, region, account, name]: [&str; 4]) -> String {
        format!(
            "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/50dc6c495c0c9188"
        )
    }

    fn error(text: &str) -> ArnError {
        text.parse::<LoadBalancerArn>()
            .expect_err("this is no ARN of a load balancer")
    }

    #[test]
    fn an_arn_is_given_back_to_the_letter() {
        for (partition, region) in [
            ("aws", "eu-west-1"),
            ("aws", "ap-southeast-4"),
            ("aws", "us-northeast-12"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-eusc", "eusc-de-east-1"),
            ("aws-iso", "us-iso-east-1"),
            ("aws-iso-b", "us-isob-east-1"),
            ("aws-iso-e", "eu-isoe-west-1"),
            ("aws-iso-f", "us-isof-south-1"),
        ] {
            let text = arn([partition, region, "000000000001", "My-shop-1"]);
            let parsed: LoadBalancerArn = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
            assert_eq!(parsed.partition().as_str(), partition);
        }
    }

    #[test]
    fn what_is_not_a_load_balancer_is_told_by_name() {
        let base = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:";
        for (resource, expected) in [
            (
                "loadbalancer/net/shop/50dc6c495c0c9188",
                ArnError::NetworkLoadBalancer,
            ),
            (
                "loadbalancer/gwy/shop/50dc6c495c0c9188",
                ArnError::GatewayLoadBalancer,
            ),
            (
                "listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2",
                ArnError::Listener,
            ),
            (
                "listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee",
                ArnError::ListenerRule,
            ),
            ("targetgroup/shop/50dc6c495c0c9188", ArnError::TargetGroup),
            ("loadbalancer/shop", ArnError::Resource),
            ("loadbalancer/app/shop", ArnError::Resource),
            (
                "loadbalancer/app/shop/50dc6c495c0c9188/",
                ArnError::Resource,
            ),
            (
                "loadbalancer/app/shop/50dc6c495c0c9188/x",
                ArnError::Resource,
            ),
            ("loadbalancer/app/shop/*", ArnError::Wildcard),
            ("loadbalancer/app/sho?/50dc6c495c0c9188", ArnError::Wildcard),
            ("loadbalancer/app//50dc6c495c0c9188", ArnError::Name),
            ("loadbalancer/app/shop/", ArnError::Id),
            ("loadbalancer/app/shop/50DC6C495C0C9188", ArnError::Id),
            ("loadbalancer/app/shop/50dc6c495c0c918", ArnError::Id),
            ("loadbalancer/app/shop/50dc6c495c0c91888", ArnError::Id),
            ("loadbalancer/app/shop/+0dc6c495c0c9188", ArnError::Id),
            ("loadbalancer/app/shop/50dc6c495c0c9188 ", ArnError::Id),
            ("loadbalancer/app/shop/50dc6c495c0c9188\n", ArnError::Id),
            ("loadbalancer/app/shop/50dc6c495c0c9188\0", ArnError::Id),
            ("loadbalancer/app/shop%2f50dc6c495c0c9188/x", ArnError::Name),
            ("", ArnError::Resource),
        ] {
            assert_eq!(
                error(&format!("{base}{resource}")),
                expected,
                "{resource:?}"
            );
        }
    }

    #[test]
    fn every_part_has_its_grammar() {
        let with = |index: usize, value: &'static str| {
            let mut parts = PARTS;
            parts[index] = value;
            error(&arn(parts))
        };
        for partition in ["", "AWS", "aws ", "aws-", "aws-moon", "azure"] {
            assert_eq!(with(0, partition), ArnError::Partition, "{partition:?}");
        }
        for region in [
            "",
            "eu",
            "eu-west",
            "eu-1",
            "eu--west-1",
            "-west-1",
            "eu-west-123",
            "eu-west-1\n",
            "eu-west-1 ",
            "EU-west-1",
            "eu-west-1.evil.com",
            "eu-west-1/x",
            "e-west-1",
            "europe-west-1",
            "eu-wést-1",
            "eu-west-a",
            "eu-west-1-",
            "eu-averyveryverylongword-1",
            "us-isog-east-1",
            "iso-east-1",
        ] {
            assert_eq!(with(1, region), ArnError::Region, "{region:?}");
        }
        for region in ["us-gov-west-1", "cn-north-1", "us-iso-east-1"] {
            assert_eq!(with(1, region), ArnError::PartitionOfRegion, "{region:?}");
        }
        for account in [
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "+23456789012",
            "１23456789012",
        ] {
            assert_eq!(with(2, account), ArnError::Account, "{account:?}");
        }
        for name in [
            "-",
            "-shop",
            "shop-",
            "sh_op",
            "sh op",
            "shöp",
            "a-name-of-more-than-thirty-two-characters",
        ] {
            assert_eq!(with(3, name), ArnError::Name, "{name:?}");
        }
    }

    #[test]
    fn other_services_and_other_texts_are_not_arns_of_load_balancers() {
        for text in [
            "",
            "arn",
            "shop",
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012",
            "ARN:aws:x:y:z:w",
        ] {
            assert_eq!(error(text), ArnError::NotAnArn, "{text:?}");
        }
        assert_eq!(
            error(
                "arn:aws:ec2:eu-west-1:123456789012:verified-access-instance/vai-0123456789abcdef0"
            ),
            ArnError::Service
        );
        let extra_colon = arn(PARTS).replace(":loadbalancer", "::loadbalancer");
        assert_eq!(error(&extra_colon), ArnError::Resource);
    }
}
