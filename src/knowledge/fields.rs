//! The field names of a data type, taken from its `Deserialize`, so that the names a message may suggest can never
//! differ from the names that are read.

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};

struct Capture<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Capture<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only the names were wanted"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The keys that `T` reads from a table; empty where `T` is not a struct.
pub(super) fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // The error is the way out: it ends the visit once the names are known.
    let _ = T::deserialize(Capture(&mut names));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{DecisionTable, Term};

    #[test]
    fn names_are_those_of_the_file() {
        assert_eq!(fields_of::<Term>(), ["id", "word", "aliases", "text", "see"]);
        assert!(fields_of::<DecisionTable>().contains(&"option"));
        assert!(fields_of::<String>().is_empty());
    }
}
