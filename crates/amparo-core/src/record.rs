//! The shape that every part of a record shares: absent means nobody said, what a newer version added is kept, and `Debug`
//! prints nothing that was entered.

use serde_json::{Map, Value};

use crate::CoreError;

/// Whether a field is left out when it is written, because nobody said anything.
pub(crate) trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for String {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for bool {
    fn is_absent(&self) -> bool {
        !self
    }
}

/// What is called with each text, and the name of the field that it stands in.
pub(crate) type TextVisitor<'v, 'a> = &'v mut dyn FnMut(&'static str, &'a str);

/// Reaches every text that was entered, however deep, so that bounds and the search index cannot forget one. Fields of a newer
/// version are not texts: nobody here knows what they are.
pub(crate) trait Texts {
    fn texts<'a>(&'a self, field: &'static str, visit: TextVisitor<'_, 'a>);
}

impl Texts for String {
    fn texts<'a>(&'a self, field: &'static str, visit: TextVisitor<'_, 'a>) {
        if !self.is_empty() {
            visit(field, self);
        }
    }
}

impl<T: Texts> Texts for Option<T> {
    fn texts<'a>(&'a self, field: &'static str, visit: TextVisitor<'_, 'a>) {
        if let Some(value) = self {
            value.texts(field, visit);
        }
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn texts<'a>(&'a self, field: &'static str, visit: TextVisitor<'_, 'a>) {
        self.iter().for_each(|value| value.texts(field, visit));
    }
}

/// Types that hold no text.
macro_rules! textless {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::record::Texts for $name {
            fn texts<'a>(&'a self, _: &'static str, _: $crate::record::TextVisitor<'_, 'a>) {}
        }
    )*};
}
pub(crate) use textless;

textless!(bool, u32, u64, f64, crate::IncidentId, crate::EvidenceId, crate::PersonId, crate::PerpetratorId);

/// Declares a part of a record: the fields that it cannot be without, then those that may be absent. The first arm also makes a
/// constructor of the required fields.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident {
        required { $($(#[$required_doc:meta])* $required:ident: $required_type:ty,)+ }
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $crate::record::record!(@struct [] $(#[$doc])* $name {
            { $($(#[$required_doc])* $required: $required_type,)+ } $($(#[$field_doc])* $field: $type,)*
        });
        impl $name {
            /// Only what it cannot be without.
            #[must_use]
            pub fn new($($required: $required_type),+) -> Self {
                Self {
                    $($required,)+
                    $($field: ::core::default::Default::default(),)*
                    unknown: ::serde_json::Map::new(),
                }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $crate::record::record!(@struct [Default] $(#[$doc])* $name { {} $($(#[$field_doc])* $field: $type,)* });
    };
    (@struct [$($derive:ident)?] $(#[$doc:meta])* $name:ident {
        { $($(#[$required_doc:meta])* $required:ident: $required_type:ty,)* }
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, $($derive,)? ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(::schemars::JsonSchema))]
        pub struct $name {
            $($(#[$required_doc])* pub $required: $required_type,)*
            $($(#[$field_doc])*
            #[serde(default, skip_serializing_if = "crate::record::Absent::is_absent")]
            pub $field: $type,)*
            /// Fields of a newer version.
            #[serde(flatten)]
            pub unknown: ::serde_json::Map<String, ::serde_json::Value>,
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl $crate::record::Texts for $name {
            fn texts<'a>(&'a self, _: &'static str, visit: $crate::record::TextVisitor<'_, 'a>) {
                $($crate::record::Texts::texts(&self.$required, stringify!($required), visit);)*
                $($crate::record::Texts::texts(&self.$field, stringify!($field), visit);)*
            }
        }
    };
}
pub(crate) use record;

/// Refuses fields of a newer version that would take the place of one that the vault itself sets.
pub(crate) fn check_unknown(unknown: &Map<String, Value>, ours: &[&str]) -> Result<(), CoreError> {
    if ours.iter().any(|name| unknown.contains_key(*name)) {
        return Err(CoreError::InvalidField { field: "record", rule: "must not set a field that the vault sets" });
    }
    Ok(())
}
