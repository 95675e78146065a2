//! A throw-away timestamp authority: a key, a certificate and `openssl ts`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::external::{self, Refused};

/// An authority, and its clients' half of `openssl ts`.
pub struct Authority {
    openssl: PathBuf,
    folder: TempDir,
}

impl Authority {
    /// A new one, with a key of its own. `None`, said aloud, where there is no `openssl`.
    pub fn new() -> Option<Self> {
        let authority = Self { openssl: external::openssl()?, folder: tempfile::tempdir().unwrap() };
        fs::write(authority.path("tsa.cnf"), CONFIGURATION).unwrap();
        fs::write(authority.path("serial"), "4711\n").unwrap();
        let arguments = "req -config tsa.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
            -keyout tsa.key -out tsa.pem -subj /CN=authority -extensions stamping";
        authority.run(arguments).unwrap();
        Some(authority)
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file of its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.path("tsa.pem")
    }

    /// `openssl` with these arguments, in its folder.
    ///
    /// # Errors
    /// What openssl said when it refused.
    pub fn run(&self, arguments: &str) -> Result<Vec<u8>, Refused> {
        let mut command = Command::new(&self.openssl);
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        external::run(&mut command, b"")
    }

    /// Its answer to a `TimeStampReq`. `how` is one of the sections in its configuration (`sha256`, `sha384`, `sha512`: how it signs;
    /// `picky`: it takes no SHA-256), and `more` further options, such as `-token_out`.
    pub fn answer(&self, request: &[u8], how: &str, more: &str) -> Vec<u8> {
        fs::write(self.path("request.tsq"), request).unwrap();
        let arguments = format!("ts -reply -config tsa.cnf -section {how} -queryfile request.tsq -out answer {more}");
        // A refusal is an answer too, and openssl's exit code says so or not, depending on its version.
        let _ = self.run(&arguments);
        fs::read(self.path("answer")).unwrap()
    }

    /// Whether `openssl ts -verify` accepts `token` for this digest, and what it said.
    pub fn verifies(&self, token: &Path, digest: &str) -> bool {
        let arguments = format!("ts -verify -digest {digest} -in {} -CAfile tsa.pem", token.display());
        self.run(&arguments).is_ok_and(|out| String::from_utf8_lossy(&out).contains("Verification: OK"))
    }
}

const CONFIGURATION: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = authority
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
[tsa]
default_tsa = sha256
[common]
[sha256]
serial = serial
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[sha384]
serial = serial
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
signer_digest = sha384
default_policy = 1.2.3.4.1
digests = sha256
[sha512]
serial = serial
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
signer_digest = sha512
default_policy = 1.2.3.4.1
digests = sha256
accuracy = millisecs:20
[picky]
serial = serial
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
";
