//! `entity!` and `choice!`: one declaration gives the struct, its reading, and the table of its keys.

/// Declares a table of the format: a struct of optional fields, [`super::Field`] for it, and `FIELDS`.
///
/// `name as "key": Type` where the key is not the field's name.
macro_rules! entity {
    ($(#[doc = $about:literal])* $name:ident ($called:literal) { $( $(#[doc = $doc:literal])+ $field:ident $(as $key:literal)?: $type:ty, )* }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: Option<$type>, )*
            /// Where it stands in the text.
            pub span: $crate::model::Span,
        }

        impl $name {
            /// The keys it may have, in the order in which they are shown.
            pub const FIELDS: &'static [$crate::model::FieldSpec] = &[
                $( $crate::model::FieldSpec {
                    name: entity!(@key $field $($key)?),
                    shape: <$type as $crate::model::Field>::SHAPE,
                    doc: concat!($($doc),+),
                }, )*
            ];
        }

        impl $crate::model::Field for $name {
            const SHAPE: $crate::model::Shape = $crate::model::Shape::Table(Self::FIELDS);
            fn read(node: &$crate::model::Node, reader: &mut $crate::model::Reader) -> Option<Self> {
                let table = reader.table(node, Self::FIELDS, $called)?;
                Some(Self {
                    $( $field: table
                        .get(entity!(@key $field $($key)?))
                        .and_then(|node| <$type as $crate::model::Field>::read(node, reader)), )*
                    span: node.span,
                })
            }
            fn said(&self, keys: &[&str]) -> Option<String> {
                let Some((first, rest)) = keys.split_first() else {
                    let mut said: Vec<String> = Vec::new();
                    $( if let Some(value) = self.$field.as_ref().and_then(|value| $crate::model::Field::said(value, &[])) {
                        said.push(format!("{} {value}", entity!(@key $field $($key)?)));
                    } )*
                    return (!said.is_empty()).then(|| said.join(", "));
                };
                $( if *first == entity!(@key $field $($key)?) {
                    return self.$field.as_ref().and_then(|value| $crate::model::Field::said(value, rest));
                } )*
                None
            }
        }
    };
    (@key $field:ident $key:literal) => { $key };
    (@key $field:ident) => { stringify!($field) };
}

/// Declares a closed set of words.
macro_rules! choice {
    ($(#[doc = $about:literal])* $name:ident ($called:literal) { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+ }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $doc])+ $variant, )+ }

        impl $name {
            /// All of them, in the order of the format.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];
            /// The words of the format.
            pub const WORDS: &'static [&'static str] = &[ $( $word, )+ ];
            /// What each means, in one sentence, in the same order.
            pub const DOCS: &'static [&'static str] = &[ $( concat!($($doc),+), )+ ];
            /// The word of the format.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
            /// What it means, in one sentence.
            pub fn doc(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc),+), )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::model::Field for $name {
            const SHAPE: $crate::model::Shape = $crate::model::Shape::Choice(Self::WORDS, Self::DOCS);
            fn read(node: &$crate::model::Node, reader: &mut $crate::model::Reader) -> Option<Self> {
                let Some(text) = node.text() else {
                    reader.wrong(node, concat!($called, " (a word)"));
                    return None;
                };
                let found = Self::ALL.iter().copied().find(|choice| choice.word() == text);
                if found.is_none() {
                    let message = format!("{} is not {}", $crate::model::quote(text), $called);
                    let help = $crate::model::did_you_mean(text, Self::WORDS.iter().copied())
                        .unwrap_or_else(|| format!("one of: {}", Self::WORDS.join(", ")));
                    reader.problems.push(
                        $crate::model::Problem::error($crate::model::ProblemKind::UnknownWord, node.span, message)
                            .with_help(Some(help)),
                    );
                }
                found
            }
            fn said(&self, _keys: &[&str]) -> Option<String> {
                Some(self.word().to_owned())
            }
        }
    };
}

pub(crate) use {choice, entity};
