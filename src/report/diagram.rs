//! The system and its flows as Mermaid and Graphviz text.
//!
//! Must not know where the diagrams are put. Invariants: nodes have names of our own (`n0`), so that no id of a review
//! is read as syntax; every label is quoted and escaped; a Mermaid diagram stays under the limits at which renderers
//! give up (500 edges, 50,000 characters), and says so where something was left out.

use super::text::line_of;
use crate::model::{Component, ComponentKind, Flow, Mode, Review};
use crate::units::{significant, thousands};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Renderers refuse 500 edges and more.
const MOST_EDGES: usize = 480;
/// Renderers refuse 50,000 characters and more; the rest is for the note.
const MOST_CHARACTERS: usize = 49_000;
/// Longer labels are cut.
const LONGEST_LABEL: usize = 60;

/// A diagram and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// Its text, without a fence.
    pub text: String,
    /// A sentence where something was left out or drawn together.
    pub note: Option<String>,
    /// How many edges are drawn.
    pub edges: usize,
}

#[derive(Debug)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    label: String,
    dashed: bool,
    calls: usize,
}

/// The calls of a flow as a Mermaid `flowchart LR`.
pub fn flow(review: &Review, flow: &Flow) -> Diagram {
    let components = Components::of(review);
    let modes: HashMap<(&str, &str), Mode> =
        review.dependencies.iter().rev().filter_map(|d| Some(((d.from(), d.to()), d.mode?))).collect();
    let calls = flow.calls.as_deref().unwrap_or_default();
    let edges = calls.iter().map(|call| {
        let mode = modes.get(&(call.from(), call.to())).copied().unwrap_or(Mode::Sync);
        let mut words = Vec::new();
        if mode != Mode::Sync {
            words.push(mode.word().to_owned());
        }
        if let Some(cache) = &call.on_miss {
            let hits = components.get(cache.as_str()).and_then(|c| c.cache.as_ref()).and_then(|c| c.hit_ratio);
            words.push(hits.map_or_else(
                || "on a miss".to_owned(),
                |hits| format!("miss {} %", significant((1.0 - hits.value()) * 100.0, 2)),
            ));
        }
        if let Some(count) = call.count.filter(|count| count.value() != 1.0) {
            words.push(format!("{count} ×"));
        }
        if let Some(share) = call.probability {
            words.push(share.to_string());
        }
        Edge { from: call.from(), to: call.to(), label: words.join(", "), dashed: mode != Mode::Sync, calls: 1 }
    });
    let entry = Some(flow.entry()).filter(|entry| !entry.is_empty());
    draw(&components, entry.into_iter(), edges)
}

/// The whole system as a Mermaid `flowchart LR`.
pub fn mermaid(review: &Review) -> Diagram {
    let components = Components::of(review);
    draw(&components, review.components.iter().map(Component::id), dependencies(review))
}

fn dependencies(review: &Review) -> impl Iterator<Item = Edge<'_>> {
    review.dependencies.iter().map(|dependency| {
        let mode = dependency.mode.unwrap_or(Mode::Sync);
        let label = if mode == Mode::Sync { String::new() } else { mode.word().to_owned() };
        Edge { from: dependency.from(), to: dependency.to(), label, dashed: mode != Mode::Sync, calls: 1 }
    })
}

struct Components<'a>(HashMap<&'a str, &'a Component>);

impl<'a> Components<'a> {
    fn of(review: &'a Review) -> Self {
        Self(review.components.iter().rev().map(|component| (component.id(), component)).collect())
    }

    fn get(&self, id: &str) -> Option<&'a Component> {
        self.0.get(id).copied()
    }

    /// Name for people, with the id where the two differ.
    fn label(&self, id: &str) -> String {
        let name = self.get(id).and_then(|component| component.name.as_deref()).unwrap_or(id);
        line_of(name, LONGEST_LABEL)
    }

    fn kind(&self, id: &str) -> Option<ComponentKind> {
        self.get(id).and_then(|component| component.kind)
    }
}

fn draw<'a>(
    components: &Components<'_>,
    first: impl Iterator<Item = &'a str>,
    edges: impl Iterator<Item = Edge<'a>>,
) -> Diagram {
    let mut merged: Vec<Edge<'a>> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut all = 0;
    for edge in edges.filter(|edge| !edge.from.is_empty() && !edge.to.is_empty()) {
        all += 1;
        if let Some(place) = places.get(&(edge.from, edge.to)) {
            merged[*place].calls += 1;
        } else {
            places.insert((edge.from, edge.to), merged.len());
            merged.push(edge);
        }
    }
    let together = all - merged.len();
    let mut text = String::from("flowchart LR\n");
    let mut nodes: HashMap<&str, usize> = HashMap::new();
    let mut drawn = 0;
    let mut characters = text.chars().count();
    let mut hidden_nodes = 0;
    for id in first {
        if characters < MOST_CHARACTERS / 2 {
            let line = node(components, &mut nodes, id);
            characters += line.chars().count();
            text.push_str(&line);
        } else if !nodes.contains_key(id) {
            hidden_nodes += 1;
        }
    }
    for edge in &merged {
        let mut line = node(components, &mut nodes, edge.from);
        line.push_str(&node(components, &mut nodes, edge.to));
        let arrow = if edge.dashed { "-.->" } else { "-->" };
        let mut label = edge.label.clone();
        if edge.calls > 1 {
            label = format!("{} calls", thousands(edge.calls as f64));
        }
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", mermaid_label(&label)) };
        let _ = writeln!(line, "  n{} {arrow}{label} n{}", nodes[edge.from], nodes[edge.to]);
        let length = line.chars().count();
        if drawn == MOST_EDGES || characters + length > MOST_CHARACTERS {
            break;
        }
        characters += length;
        text.push_str(&line);
        drawn += 1;
    }
    let left_out = merged.len() - drawn;
    let mut notes = Vec::new();
    if together > 0 {
        notes.push(format!(
            "calls between the same two components are drawn as one ({all} calls, {} arrows)",
            merged.len()
        ));
    }
    if left_out > 0 || hidden_nodes > 0 {
        notes.push(format!("{} of {} arrows are drawn: more than that no renderer shows", drawn, merged.len()));
        let _ = writeln!(text, "  more[\"… {} more arrows are not drawn\"]", thousands(left_out as f64));
    }
    let note = (!notes.is_empty()).then(|| {
        let mut sentence = notes.join("; ");
        sentence.push('.');
        sentence[..1].to_uppercase() + &sentence[1..]
    });
    Diagram { text, note, edges: drawn }
}

/// The line that declares a node, empty where it is declared already.
fn node<'a>(components: &Components<'_>, nodes: &mut HashMap<&'a str, usize>, id: &'a str) -> String {
    let next = nodes.len();
    if nodes.contains_key(id) {
        return String::new();
    }
    nodes.insert(id, next);
    let label = mermaid_label(&components.label(id));
    let (open, close) = match components.kind(id) {
        Some(ComponentKind::Database | ComponentKind::Cache | ComponentKind::Search | ComponentKind::ObjectStore) => {
            ("[(", ")]")
        }
        Some(ComponentKind::Queue | ComponentKind::Stream) => ("[[", "]]"),
        Some(ComponentKind::External | ComponentKind::Client) => ("([", "])"),
        _ => ("[", "]"),
    };
    format!("  n{next}{open}\"{label}\"{close}\n")
}

/// Inside quotes: whatever could end them, begin markup, an entity or a directive becomes a Mermaid entity.
fn mermaid_label(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        // Two in a row begin a comment or a directive.
        let per_cent = c == '%' && before != '%';
        before = c;
        let safe = c.is_alphanumeric()
            || matches!(c, ' ' | '-' | '_' | '.' | ',' | '/' | ':' | '(' | ')' | '+' | '×' | '…' | '–' | '·' | '→');
        if safe || per_cent {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", c as u32);
        }
    }
    out
}

/// The whole system for Graphviz. Nothing is left out.
pub fn dot(review: &Review) -> String {
    let components = Components::of(review);
    let mut text = String::from(
        "// Written by kneepoint.\ndigraph review {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
    );
    let mut seen = std::collections::HashSet::new();
    let ends = review.dependencies.iter().flat_map(|d| [d.from(), d.to()]);
    for id in review.components.iter().map(Component::id).chain(ends).filter(|id| !id.is_empty()) {
        if !seen.insert(id) {
            continue;
        }
        let shape = match components.kind(id) {
            Some(ComponentKind::Database | ComponentKind::Search | ComponentKind::ObjectStore) => ", shape=cylinder",
            Some(ComponentKind::Queue | ComponentKind::Stream) => ", shape=cds",
            Some(ComponentKind::External | ComponentKind::Client) => ", style=rounded",
            _ => "",
        };
        let _ = writeln!(text, "  \"{}\" [label=\"{}\"{shape}];", dot_text(id), dot_text(&components.label(id)));
    }
    for edge in dependencies(review).filter(|edge| !edge.from.is_empty() && !edge.to.is_empty()) {
        let mut attributes = Vec::new();
        if edge.dashed {
            attributes.push("style=dashed".to_owned());
        }
        if !edge.label.is_empty() {
            attributes.push(format!("label=\"{}\"", dot_text(&edge.label)));
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let _ = writeln!(text, "  \"{}\" -> \"{}\"{attributes};", dot_text(edge.from), dot_text(edge.to));
    }
    text.push_str("}\n");
    text
}

/// Inside a quoted string of Graphviz, where a backslash and an entity have a meaning.
fn dot_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line_of(text, 200).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}
