//! What goes wrong, as the host sees it: for each topic the cases that a caller tells apart, each with the number that translations hang
//! on and an English text that may be logged. The numbers are the core's and the desk's (`docs/formats/errors.md`) and those of
//! this crate (900 and above).

use std::panic::{AssertUnwindSafe, catch_unwind};

use amparo_core::CoreError;
use amparo_desk::DeskError;

use crate::host::{LogLevel, log};

/// A defect in this library. What it was is not told: a panic's text may carry what was entered.
pub const INTERNAL: u32 = 900;
/// The capture was finished, given up, or failed before; start a new one.
pub const CAPTURE_OVER: u32 = 901;
/// An argument that the host's language could express and the core cannot.
pub const ARGUMENT: u32 = 902;
/// The device's screen must be unlocked first.
pub const DEVICE_LOCKED: u32 = 903;
/// The device key is not on this device.
pub const KEY_UNAVAILABLE: u32 = 904;
/// The reader was closed; open a new one.
pub const CLOSED: u32 = 905;
/// Not a public key to seal to.
pub const NOT_A_RECIPIENT: u32 = 906;
/// A secret key where a public one belongs.
pub const SECRET_KEY_GIVEN: u32 = 907;
/// A QR code that is not of a recipient's card.
pub const QR_NOT_OF_A_CARD: u32 = 908;
/// A QR code of a card in a format that this version does not know.
pub const QR_NEWER_FORMAT: u32 = 909;
/// A QR code that claims to be of a card and is not in its shape.
pub const QR_DAMAGED: u32 = 910;
/// A QR code of another card than the ones before it.
pub const QR_OTHER_CARD: u32 = 911;
/// QR codes that do not fit together.
pub const QR_CONTRADICTION: u32 = 912;

/// A failure before it has a topic.
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: u32,
    pub text: String,
    /// What some cases carry. Each is 0 or empty where it does not apply.
    pub field: String,
    pub limit: u64,
    pub current: u32,
    pub derivatives: u64,
}

impl Failure {
    pub fn new(code: u32, text: &str) -> Self {
        Self { code, text: text.to_owned(), field: String::new(), limit: 0, current: 0, derivatives: 0 }
    }

    pub fn argument(text: &str) -> Self {
        Self::new(ARGUMENT, text)
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        let mut failure = Self::new(error.code(), &error.to_string());
        match error {
            CoreError::TooLong { field, limit } | CoreError::TooMany { field, limit } => {
                failure.field = field.to_owned();
                failure.limit = limit as u64;
            }
            CoreError::InvalidField { field, .. } => failure.field = field.to_owned(),
            CoreError::StripTooLarge { limit } => failure.limit = limit,
            CoreError::Conflict { current } => failure.current = current,
            CoreError::EvidenceHasDerivatives { derivatives } => failure.derivatives = derivatives as u64,
            _ => {}
        }
        failure
    }
}

impl From<amparo_core::VaultError> for Failure {
    fn from(error: amparo_core::VaultError) -> Self {
        CoreError::from(error).into()
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::new(error.code(), &error.to_string())
    }
}

/// Runs one operation: a panic becomes a failure without its text, and a failure is logged by its number and text.
pub(crate) fn call<T, E: From<Failure>>(
    operation: &'static str,
    run: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, E> {
    let result = catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Failure::new(INTERNAL, "this is a defect in the library: the operation was stopped")));
    result.map_err(|failure| {
        let level = match failure.code {
            410 | INTERNAL => LogLevel::Error,
            code if is_damage(code) => LogLevel::Error,
            _ => LogLevel::Warning,
        };
        log(level, operation, failure.code, &failure.text);
        E::from(failure)
    })
}

/// Numbers of what is stored and cannot be what it was stored as.
pub(crate) fn is_damage(code: u32) -> bool {
    matches!(code, 109 | 112 | 113 | 116 | 117 | 119..=121 | 226 | 281 | 302 | 573)
}

/// Declares a topic's errors: its own cases by their numbers, then those of every topic. Cases are appended; a number that has no case
/// of its own is `Other`, so a newer core does not break an older app's `when`.
macro_rules! errors {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$case_doc:meta])* $case:ident = $codes:pat, $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ },)?)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
        pub enum $name {
            $($(#[$case_doc])* $case {
                /// The number. Stable.
                code: u32,
                /// In English, for logs. It carries nothing that was entered.
                text: String,
                $($($(#[$field_doc])* $field: $type,)+)?
            },)*
            /// The vault is locked.
            Locked {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
            /// There is no room left on the storage. Nothing that was there is lost.
            StorageFull {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
            /// What is stored is damaged. The rest stays readable; nothing was deleted.
            Damaged {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
            /// What was given cannot be: see the text.
            Invalid {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
                /// The field that it is about, if it is one.
                field: String,
                /// Its bound, if it is about one.
                limit: u64,
            },
            /// The job was stopped through its `CancelToken`.
            Cancelled {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
            /// A defect in this library.
            Internal {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
            /// Something else: see the number.
            Other {
                /// The number. Stable.
                code: u32,
                /// In English, for logs.
                text: String,
            },
        }

        impl From<$crate::error::Failure> for $name {
            fn from(failure: $crate::error::Failure) -> Self {
                let (code, text) = (failure.code, failure.text);
                match code {
                    $($codes => Self::$case { code, text, $($($field: failure.$field,)+)? },)*
                    103 => Self::Locked { code, text },
                    124 | 322 | 622 => Self::StorageFull { code, text },
                    code if $crate::error::is_damage(code) => Self::Damaged { code, text },
                    105 | 111 | 200..=229 | $crate::error::ARGUMENT => Self::Invalid { code, text, field: failure.field, limit: failure.limit },
                    316 | 628 => Self::Cancelled { code, text },
                    $crate::error::INTERNAL => Self::Internal { code, text },
                    _ => Self::Other { code, text },
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$case { text, .. })|*
                    | Self::Locked { text, .. } | Self::StorageFull { text, .. } | Self::Damaged { text, .. }
                    | Self::Invalid { text, .. } | Self::Cancelled { text, .. } | Self::Internal { text, .. }
                    | Self::Other { text, .. } => f.write_str(text),
                }
            }
        }

        impl std::error::Error for $name {}
    };
}
pub(crate) use errors;
