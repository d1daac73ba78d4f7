//! As much of XML 1.0 as a report of tests needs, read strictly: what is not well-formed is a panic.

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The elements of a document.
pub fn read(text: &str) -> Vec<Element> {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "a character that XML has not");
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
    let mut open = vec![Element::default()];
    while let Some(at) = rest.find('<') {
        characters(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap();
        let (tag, behind) = (&rest[..end], &rest[end + 1..]);
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            let element = open.pop().unwrap();
            assert_eq!(element.name, name);
            open.last_mut().unwrap().children.push(element);
            continue;
        }
        let (tag, alone) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "<{name}>");
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        while !attributes.trim().is_empty() {
            let (name, value) = attributes.trim_start().split_once("=\"").unwrap();
            let (value, behind) = value.split_once('"').unwrap();
            assert!(!value.contains(['<', '\n']), "{value}");
            characters(value);
            element.attributes.push((name.to_owned(), value.to_owned()));
            attributes = behind;
        }
        if alone {
            open.last_mut().unwrap().children.push(element);
        } else {
            open.push(element);
        }
    }
    assert!(rest.trim().is_empty() && open.len() == 1, "elements that are open");
    open.pop().unwrap().children
}

/// Every `&` begins one of the entities of XML; no `>` stands where it could end a section.
fn characters(text: &str) {
    for behind in text.split('&').skip(1) {
        let entity = behind.split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot"].contains(&entity), "&{entity}");
    }
    assert!(!text.contains("]]>"));
}
