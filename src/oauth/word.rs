//! Enums of words that a specification or this server has registered. `strum` derives both directions.

/// Gives an enum that derives `EnumString`, `IntoStaticStr` and `VariantArray` of `strum` the method names that the
/// crate uses, and represents it in JSON by its word.
macro_rules! word {
    ($($name:ty),+ $(,)?) => {$(
        impl $name {
            pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

            /// The registered word.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// Reads a word. `None` if it is not registered.
            pub fn parse(word: &str) -> Option<Self> {
                word.parse().ok()
            }
        }

        $crate::oauth::word::word_in_json!($name);
    )+};
}

/// Represents an enum with `as_str` and `parse` in JSON by its word.
macro_rules! word_in_json {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::parse(&word).ok_or_else(|| serde::de::Error::custom("not a registered word"))
            }
        }
    )+};
}

pub(crate) use {word, word_in_json};
