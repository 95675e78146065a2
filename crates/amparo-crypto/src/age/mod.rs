//! age v1 (C2SP age-encryption.org/v1).
