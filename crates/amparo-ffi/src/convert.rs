//! From the core's types to what the generator can express, and back. Nothing may be lost on the way: each macro takes the core's
//! type apart field by field, so that a field or a code that the core gains is missed by the compiler or by a test, not by a user.

use amparo_core::{CoreError, hex};
use serde_json::{Map, Value};

/// From the core to the host.
pub(crate) trait IntoHost<T> {
    fn into_host(self) -> T;
}

/// From the host to the core. What cannot be is refused by name.
pub(crate) trait IntoCore<T> {
    fn into_core(self) -> Result<T, CoreError>;
}

impl<T: IntoHost<U>, U> IntoHost<Option<U>> for Option<T> {
    fn into_host(self) -> Option<U> {
        self.map(T::into_host)
    }
}

impl<T: IntoHost<U>, U> IntoHost<Vec<U>> for Vec<T> {
    fn into_host(self) -> Vec<U> {
        self.into_iter().map(T::into_host).collect()
    }
}

impl<T: IntoCore<U>, U> IntoCore<Option<U>> for Option<T> {
    fn into_core(self) -> Result<Option<U>, CoreError> {
        self.map(T::into_core).transpose()
    }
}

impl<T: IntoCore<U>, U> IntoCore<Vec<U>> for Vec<T> {
    fn into_core(self) -> Result<Vec<U>, CoreError> {
        self.into_iter().map(T::into_core).collect()
    }
}

/// The same type on both sides.
macro_rules! same {
    ($($name:ty),*) => {$(
        impl IntoHost<$name> for $name {
            fn into_host(self) -> $name {
                self
            }
        }
        impl IntoCore<$name> for $name {
            fn into_core(self) -> Result<$name, CoreError> {
                Ok(self)
            }
        }
    )*};
}
same!(String, bool, u32, u64, f64);

/// Small unsigned numbers travel as `u32`: shorter ones are mis-extended on 32-bit ARM.
impl IntoHost<u32> for u16 {
    fn into_host(self) -> u32 {
        self.into()
    }
}

/// Fields of a newer version travel as one JSON object, so that saving a record that this version read does not lose them.
impl IntoHost<Option<String>> for Map<String, Value> {
    fn into_host(self) -> Option<String> {
        (!self.is_empty()).then(|| Value::Object(self).to_string())
    }
}

impl IntoCore<Map<String, Value>> for Option<String> {
    fn into_core(self) -> Result<Map<String, Value>, CoreError> {
        self.map_or(Ok(Map::new()), |json| serde_json::from_str(&json).map_err(|_| CoreError::MalformedRecord))
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits, as `sha256sum` prints it.
impl IntoHost<String> for [u8; 32] {
    fn into_host(self) -> String {
        hex::encode(&self)
    }
}

/// Declares an enum of codes beside the core's list of the same name. `Unlisted` carries a code that this version does not know:
/// it is shown as it is and saved again, never dropped. New codes are appended.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident = $core:path { $($(#[$word_doc:meta])* $variant:ident = $constant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
            /// A code that this version does not know. It is kept.
            Unlisted {
                /// `[a-z0-9][a-z0-9_.-]*`, at most 64 bytes.
                code: String,
            },
        }

        impl $crate::convert::IntoHost<$name> for $core {
            fn into_host(self) -> $name {
                type Core = $core;
                match self {
                    $(code if code == Core::$constant => $name::$variant,)*
                    other => $name::Unlisted { code: other.as_str().to_owned() },
                }
            }
        }

        impl $crate::convert::IntoCore<$core> for $name {
            fn into_core(self) -> Result<$core, amparo_core::CoreError> {
                type Core = $core;
                match self {
                    $($name::$variant => Ok(Core::$constant),)*
                    $name::Unlisted { code } => code.parse(),
                }
            }
        }

        // Each variant names one constant of the core; as many as the core knows means all of them.
        const _: () = assert!(
            <$core>::KNOWN.len() == [$(stringify!($variant)),*].len(),
            concat!("a code of the core's ", stringify!($name), " is missing here")
        );
    };
}
pub(crate) use codes;

/// Declares an enum beside the core's of the same variants, none of which carries anything. The compiler sees when the core gains one.
macro_rules! same_words {
    ($(#[$doc:meta])* $name:ident = $core:path { $($(#[$word_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
        }

        impl $crate::convert::IntoHost<$name> for $core {
            fn into_host(self) -> $name {
                type Core = $core;
                match self {
                    $(Core::$variant => $name::$variant,)+
                }
            }
        }

        impl $crate::convert::IntoCore<$core> for $name {
            fn into_core(self) -> Result<$core, amparo_core::CoreError> {
                type Core = $core;
                Ok(match self {
                    $($name::$variant => Core::$variant,)+
                })
            }
        }
    };
}
pub(crate) use same_words;

/// Declares a record beside the core's of the same fields. All but the required may be left out by the host. Its text form says its
/// name only: an app that logs a record must not log a person.
macro_rules! plain {
    ($(#[$doc:meta])* $name:ident = $core:path {
        required { $($(#[$required_doc:meta])* $required:ident: $required_type:ty,)+ }
        $($rest:tt)*
    }) => {
        $crate::convert::plain!(@make $(#[$doc])* $name = $core { { $($(#[$required_doc])* $required: $required_type,)+ } $($rest)* });
    };
    ($(#[$doc:meta])* $name:ident = $core:path { $($rest:tt)* }) => {
        $crate::convert::plain!(@make $(#[$doc])* $name = $core { {} $($rest)* });
    };
    (@make $(#[$doc:meta])* $name:ident = $core:path {
        { $($(#[$required_doc:meta])* $required:ident: $required_type:ty,)* }
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, uniffi::Record)]
        #[uniffi::export(Display)]
        pub struct $name {
            $($(#[$required_doc])* pub $required: $required_type,)*
            $($(#[$field_doc])* #[uniffi(default)] pub $field: $type,)*
        }
        $crate::convert::silent!($name);

        impl $crate::convert::IntoHost<$name> for $core {
            fn into_host(self) -> $name {
                type Core = $core;
                let Core { $($required,)* $($field,)* } = self;
                $name {
                    $($required: $required.into_host(),)*
                    $($field: $field.into_host(),)*
                }
            }
        }

        impl $crate::convert::IntoCore<$core> for $name {
            fn into_core(self) -> Result<$core, amparo_core::CoreError> {
                type Core = $core;
                Ok(Core {
                    $($required: self.$required.into_core()?,)*
                    $($field: self.$field.into_core()?,)*
                })
            }
        }
    };
}
pub(crate) use plain;

/// As [`plain`], of a core type that keeps fields of a newer version.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $core:path { $($fields:tt)* }) => {
        $crate::convert::plain! {
            $(#[$doc])*
            $name = $core {
                $($fields)*
                /// Fields of a newer version, as one JSON object. Leave it as it was read.
                unknown: Option<String>,
            }
        }
    };
}
pub(crate) use mirror;

/// A record that only comes out of the core.
macro_rules! answer {
    ($(#[$doc:meta])* $name:ident = $core:path { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, uniffi::Record)]
        #[uniffi::export(Display)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
        $crate::convert::silent!($name);

        impl $crate::convert::IntoHost<$name> for $core {
            fn into_host(self) -> $name {
                type Core = $core;
                let Core { $($field,)* } = self;
                $name { $($field: $field.into_host(),)* }
            }
        }
    };
}
pub(crate) use answer;

/// `Debug` and `Display` that tell the type's name and nothing of what is in it.
macro_rules! silent {
    ($($name:ident),+) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
pub(crate) use silent;
