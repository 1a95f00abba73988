//! What is measured, by name.

/// One decision, or the part of it that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// All of it: from the three headers of a genuine request to the user, with
    /// the key at hand.
    Authenticate,
    /// The ES256 verification alone, of the same tokens by the same library:
    /// what no verifier can do without.
    BareVerify,
    /// A genuine token two minutes after its time.
    RejectExpired,
    /// A genuine token of somebody else's load balancer: the ALBeast attack.
    RejectUntrustedSigner,
    /// A genuine token without its signature.
    RejectStructure,
    /// A signature of a byte too few.
    RejectSignatureLength,
    /// A header of 12 KB that nobody signed, full of numbers halfway between two doubles, which
    /// are the dearest to parse.
    RejectHostileNumbers,
    /// Another, of long names that differ in their last letters, one of them escaped.
    RejectHostileNames,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Authenticate,
        Self::BareVerify,
        Self::RejectExpired,
        Self::RejectUntrustedSigner,
        Self::RejectStructure,
        Self::RejectSignatureLength,
        Self::RejectHostileNumbers,
        Self::RejectHostileNames,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::BareVerify => "bare-verify",
            Self::RejectExpired => "reject-expired",
            Self::RejectUntrustedSigner => "reject-untrusted-signer",
            Self::RejectStructure => "reject-structure",
            Self::RejectSignatureLength => "reject-signature-length",
            Self::RejectHostileNumbers => "reject-hostile-numbers",
            Self::RejectHostileNames => "reject-hostile-names",
        }
    }
}
