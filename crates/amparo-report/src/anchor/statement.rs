//! An anchor in a report: the token, and beside it the statement that ties it to the excerpt of the custody log.
//!
//! The statement shows the anchored head's text, not its signature: the vault's custody key never leaves the vault. A consistency
//! proof leads from the anchored head to the excerpt's head, which the case's key signed. So whoever trusts the token knows that
//! the disclosed entries before that size stood in the log by then, unaltered.

use serde::{Deserialize, Serialize};

use amparo_crypto::hash::Digest;

use super::{AnchorError, AnchorKind, MAX_TOKEN_BYTES, SALT_LEN, commitment, ots, rfc3161};
use crate::{
    custody::{Hash, Head, verify_consistency},
    hex::Hex,
    names,
    seal::ExtraFile,
};

/// `schema` of `anchors/NN.json`.
pub const ANCHOR_SCHEMA: &str = "amparo.anchor/1";
/// Most anchors in one report.
pub const MAX_ANCHORS: usize = 32;
/// Longest consistency proof: two hashes a level.
const MAX_PATH: usize = 128;

/// The path of the statement of anchor number `number` (from 1) in a report.
#[must_use]
pub fn statement_path(number: usize) -> String {
    format!("{}{number:02}.json", names::ANCHORS)
}

/// The path of its token.
#[must_use]
pub fn token_path(number: usize, kind: AnchorKind) -> String {
    format!("{}{number:02}.{}", names::ANCHORS, kind.extension())
}

/// The content of `anchors/NN.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Who gave the time.
    pub kind: AnchorKind,
    /// The commitment's salt.
    pub salt: [u8; SALT_LEN],
    /// The anchored head's exact text, without signatures: [`head_text`](super::head_text).
    pub head: String,
    /// Proof from the anchored head to the excerpt's (RFC 9162 §2.1.4). Empty when they are of one size.
    pub consistency: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    schema: String,
    kind: String,
    salt: Hex<SALT_LEN>,
    head: String,
    commitment: Hex<32>,
    consistency: Vec<Hex<32>>,
}

impl Statement {
    /// What the token must be a timestamp of.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        commitment(&self.salt, &self.head)
    }

    /// The file's bytes. There is exactly one spelling.
    ///
    /// # Errors
    /// [`AnchorError::Statement`].
    pub fn to_json(&self) -> Result<Vec<u8>, AnchorError> {
        let wire = Wire {
            schema: ANCHOR_SCHEMA.to_owned(),
            kind: self.kind.as_str().to_owned(),
            salt: Hex(self.salt),
            head: self.head.clone(),
            commitment: Hex(self.commitment()),
            consistency: self.consistency.iter().map(|hash| Hex(*hash)).collect(),
        };
        let mut json = serde_json::to_vec_pretty(&wire).map_err(|_| AnchorError::Statement)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads `anchors/NN.json`: any other spelling of the same is refused.
    ///
    /// # Errors
    /// [`AnchorError::TooLarge`], [`AnchorError::UnknownVersion`] for another `schema`, [`AnchorError::UnknownKind`],
    /// [`AnchorError::OtherCommitment`], [`AnchorError::Statement`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AnchorError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(AnchorError::TooLarge);
        }
        #[derive(Deserialize)]
        struct Schema {
            schema: String,
        }
        let schema: Schema = serde_json::from_slice(bytes).map_err(|_| AnchorError::Statement)?;
        if schema.schema != ANCHOR_SCHEMA {
            return Err(AnchorError::UnknownVersion);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| AnchorError::Statement)?;
        if wire.consistency.len() > MAX_PATH {
            return Err(AnchorError::TooLarge);
        }
        let statement = Self {
            kind: wire.kind.parse()?,
            salt: wire.salt.0,
            head: wire.head,
            consistency: wire.consistency.into_iter().map(|hash| hash.0).collect(),
        };
        if statement.commitment() != wire.commitment.0 {
            return Err(AnchorError::OtherCommitment);
        }
        if statement.to_json()? != bytes { Err(AnchorError::Statement) } else { Ok(statement) }
    }

    /// The anchor's two files in a report whose excerpt has the head `excerpt`, as number `number` (from 1). Verified before they
    /// are given out.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn files(&self, number: usize, token: &[u8], excerpt: &Head) -> Result<[ExtraFile; 2], AnchorError> {
        let token = match self.kind {
            AnchorKind::Rfc3161 => rfc3161::as_response(token)?,
            AnchorKind::OpenTimestamps => token.to_vec(),
        };
        let statement = self.to_json()?;
        verify(&statement, &token, excerpt)?;
        Ok([
            ExtraFile { path: statement_path(number), content: statement },
            ExtraFile { path: token_path(number, self.kind), content: token },
        ])
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// A timestamp authority names a time.
    Token(rfc3161::Token),
    /// A proof of OpenTimestamps ends in blocks or in promises.
    Proof(ots::Proof),
}

impl Claim {
    /// Reads a token or a proof of `kind` and compares it with `commitment`; for a token also with the request's nonce, if given.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn check(
        kind: AnchorKind,
        token: &[u8],
        commitment: &Digest,
        nonce: Option<&[u8; rfc3161::NONCE_LEN]>,
    ) -> Result<Self, AnchorError> {
        match kind {
            AnchorKind::Rfc3161 => rfc3161::check(token, commitment, nonce).map(Self::Token),
            AnchorKind::OpenTimestamps => ots::check(token, commitment).map(Self::Proof),
        }
    }
}

/// An anchor that holds, as far as it is checked here: see the module's first lines for what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The statement.
    pub statement: Statement,
    /// The anchored head.
    pub head: Head,
    /// What the token says of it.
    pub claim: Claim,
}

/// Checks an anchor of a report: the statement's spelling and commitment, the consistency proof from the anchored head to
/// `excerpt` (the excerpt's head, whose signature was checked), and the token.
///
/// # Errors
/// [`AnchorError`].
pub fn verify(statement: &[u8], token: &[u8], excerpt: &Head) -> Result<Verified, AnchorError> {
    let statement = Statement::parse(statement)?;
    let head = Head::parse_text(&statement.head).map_err(|_| AnchorError::Head)?;
    let same_size = head.size == excerpt.size;
    let consistent =
        verify_consistency(head.size, excerpt.size, &head.root, &excerpt.root, &statement.consistency).is_ok();
    // An empty log is the beginning of every log, and says nothing of this one.
    if head.size == 0 || !consistent || (same_size && head.chain != excerpt.chain) {
        return Err(AnchorError::OtherLog);
    }
    let claim = Claim::check(statement.kind, token, &statement.commitment(), None)?;
    Ok(Verified { statement, head, claim })
}
