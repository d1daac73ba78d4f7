//! Names in the file: ids, and references to other entities and to elements of the system.

use super::field::{Field, Reader, Shape, Target};
use super::node::{Node, Span};
use super::problem::{Problem, ProblemKind, quote};
use std::fmt;

/// A name as it stands in the file, with its place.
///
/// It may break the rules for ids (a problem says so then): it is kept so that references to it still work.
#[derive(Debug, Clone, Default)]
pub struct Name {
    text: String,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// Outside a file.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: Span::default() }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn of(node: &Node, reader: &mut Reader) -> Option<Self> {
        String::read(node, reader).map(|text| Self { text, span: node.span })
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a text is an id: `[a-z0-9][a-z0-9-]*`.
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether a part with `*` for any text of a finding's id matches a part. Looks back at the last `*` only.
pub(crate) fn matches_part(pattern: &str, part: &str) -> bool {
    let (pattern, part) = (pattern.as_bytes(), part.as_bytes());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < part.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at) == Some(&part[from]) {
            at += 1;
            from += 1;
        } else if let Some((place, matched)) = star {
            star = Some((place, matched + 1));
            at = place + 1;
            from = matched + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// The id nearest to a text: lower case, everything else a dash.
pub fn as_id(text: &str) -> String {
    let mut id = String::new();
    for c in text.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.ends_with('-') && !id.is_empty() {
            id.push('-');
        }
    }
    id.trim_end_matches('-').to_owned()
}

macro_rules! name {
    ($(#[doc = $about:literal])* $type:ident, $shape:expr, checked = $checked:literal) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $type(pub Name);

        impl $type {
            /// The text of the name.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Field for $type {
            const SHAPE: Shape = $shape;
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let name = Name::of(node, reader)?;
                if $checked && !is_id(name.as_str()) {
                    let message = format!("{} is not an id: small letters, digits and dashes", quote(name.as_str()));
                    let better = as_id(name.as_str());
                    let help = is_id(&better).then(|| format!("did you mean `{better}`?"));
                    reader.problems.push(Problem::error(ProblemKind::BadId, node.span, message).with_help(help));
                }
                Some(Self(name))
            }
            fn said(&self, _keys: &[&str]) -> Option<String> {
                (!self.as_str().is_empty()).then(|| self.as_str().to_owned())
            }
        }
    };
}

name!(
    /// The name an entity is known by.
    Id, Shape::Id, checked = true
);
name!(
    /// A reference to a component.
    ComponentName, Shape::Reference(Target::Component), checked = false
);
name!(
    /// A reference to a flow.
    FlowName, Shape::Reference(Target::Flow), checked = false
);
name!(
    /// A reference to a question of the method.
    QuestionName, Shape::Reference(Target::Question), checked = false
);
name!(
    /// A reference to a pattern of the catalogue.
    PatternName, Shape::Reference(Target::Pattern), checked = false
);
name!(
    /// A finding's id, `CODE@element`; may hold `*` in triage.
    FindingName, Shape::Reference(Target::Finding), checked = false
);
name!(
    /// A reference to a component, a flow, or a dependency as `a -> b`.
    ElementName, Shape::Reference(Target::Element), checked = false
);

/// A component, a dependency or a flow, by name: what findings, measures and failures are about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// The review itself.
    Review,
    /// A component.
    Component(String),
    /// A dependency: from, to.
    Dependency(String, String),
    /// A flow.
    Flow(String),
    /// A path along a flow: the flow, then the components in order.
    Path(String, Vec<String>),
    /// An SLO.
    Slo(String),
    /// Another entity of the file: its table and its id (or position from 1).
    Other(&'static str, String),
}

impl Element {
    /// The two ends of `a -> b` or `a->b`.
    pub fn ends(text: &str) -> Option<(&str, &str)> {
        let (from, to) = text.split_once("->")?;
        let (from, to) = (from.trim(), to.trim());
        (!from.is_empty() && !to.is_empty() && !to.contains("->")).then_some((from, to))
    }

    /// Without spaces, as finding ids have it: `api->payments`, `checkout:gateway->…->payments`.
    pub fn compact(&self) -> String {
        let mut text = String::new();
        self.write_compact(&mut text);
        text
    }

    /// [`Self::compact`], behind what a text already holds.
    pub fn write_compact(&self, text: &mut String) {
        let mut write = |parts: &[&str]| {
            text.reserve(parts.iter().map(|part| part.len()).sum());
            for part in parts {
                text.push_str(part);
            }
        };
        match self {
            Self::Review => write(&["review"]),
            Self::Component(id) | Self::Flow(id) | Self::Slo(id) => write(&[id]),
            Self::Dependency(from, to) => write(&[from, "->", to]),
            Self::Path(flow, path) => match path.as_slice() {
                [] => write(&[flow]),
                [only] => write(&[flow, ":", only]),
                [first, last] => write(&[flow, ":", first, "->", last]),
                [first, .., last] => write(&[flow, ":", first, "->…->", last]),
            },
            Self::Other(table, id) => write(&[table, ".", id]),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency(from, to) => write!(f, "{from} -> {to}"),
            Self::Path(flow, path) => write!(f, "{flow}: {}", path.join(" -> ")),
            Self::Other(table, id) => write!(f, "{table} {id}"),
            other => f.write_str(&other.compact()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_small_letters_digits_and_dashes() {
        assert!(is_id("orders-db") && is_id("a1") && is_id("1"));
        assert!(!is_id("") && !is_id("-a") && !is_id("Orders") && !is_id("a b") && !is_id("a\u{1b}"));
        assert_eq!(as_id("Orders DB (main)"), "orders-db-main");
    }

    #[test]
    fn an_edge_is_written_with_or_without_spaces() {
        assert_eq!(Element::ends("api -> db"), Some(("api", "db")));
        assert_eq!(Element::ends("api->db"), Some(("api", "db")));
        assert_eq!(Element::ends("api"), None);
        assert_eq!(Element::ends("a -> b -> c"), None);
    }
}
