//! Rules explained: one in full, or all as a list. Text, Markdown, JSON (format 1).

use super::Style;
use super::check::pretty;
use super::text::{fill, line};
use crate::rules::RuleInfo;
use crate::units::significant;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One rule with all its sections, as text.
pub fn rule_text(rule: &RuleInfo, style: Style) -> String {
    let mut out = format!(
        "{} {}\n{}\n\n{} · {} · {}\n",
        style.bold(rule.code),
        style.bold(rule.name),
        sentence(rule),
        style.severity(rule.severity.word()),
        rule.confidence.word(),
        rule.family.title(),
    );
    for (title, text) in &rule.sections {
        let _ = writeln!(out, "\n{}\n{}", style.bold(title), indented(text));
    }
    if !rule.settings.is_empty() {
        let _ = writeln!(out, "\n{}", style.bold("Settings"));
        for setting in rule.settings {
            let (key, default) = (setting.key, significant(setting.default, 4));
            let text = format!("{}.{key} = {default}: {} ({})", rule.code, setting.about, setting.source);
            out.push_str("  ");
            fill(&mut out, &text, 2, 4);
        }
    }
    let _ = write!(out, "\n{}\n  ", style.bold("Reads"));
    fill(&mut out, &rule.reads.join(", "), 2, 2);
    out
}

fn sentence(rule: &RuleInfo) -> String {
    let mut letters = rule.summary.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".").unwrap_or_default()
}

/// Text of a section for a terminal: fences become indentation, sentences are broken, what is behind a mark of a list
/// stays behind it.
fn indented(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for text in text.trim().lines() {
        if text.trim_start().starts_with("```") {
            inside = !inside;
            continue;
        }
        if inside {
            let _ = writeln!(out, "{}", format!("      {text}").trim_end());
            continue;
        }
        let start = 2 + text.len() - text.trim_start().len();
        let hang = if text.trim_start().starts_with("- ") { start + 2 } else { start };
        let mut line = String::new();
        fill(&mut line, text.trim(), start, hang);
        let _ = writeln!(out, "{}", format!("{:start$}{}", "", line.trim_end()).trim_end());
    }
    out.trim_end().to_owned()
}

/// All rules, a line each, by family.
pub fn rules_text<'a>(rules: impl IntoIterator<Item = &'a RuleInfo>, style: Style) -> String {
    let mut out = String::new();
    let mut family = None;
    for rule in rules {
        if family.replace(rule.family) != Some(rule.family) {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", style.bold(rule.family.title()));
        }
        let word = format!("{:<6}", rule.severity.word());
        let word = word.replace(rule.severity.word(), &style.severity(rule.severity.word()));
        let _ = writeln!(out, "  {} {word} {:<34} {}", rule.code, rule.name, line(rule.summary));
    }
    out.push_str("\n`kneepoint rule CODE` explains one.\n");
    out
}

/// One rule as Markdown.
pub fn rule_markdown(rule: &RuleInfo) -> String {
    let mut out = format!(
        "# {} {}\n\n{}\n\n*{} · {} · {}*\n",
        rule.code,
        rule.name,
        sentence(rule),
        rule.severity.word(),
        rule.confidence.word(),
        rule.family.title()
    );
    for (title, text) in &rule.sections {
        let _ = writeln!(out, "\n## {title}\n\n{}", text.trim());
    }
    if !rule.settings.is_empty() {
        out.push_str(
            "\n## Settings\n\n| Key | Default | What it decides | Where the default comes from |\n|---|--:|---|---|\n",
        );
        for setting in rule.settings {
            let default = significant(setting.default, 4);
            let _ = writeln!(
                out,
                "| `{}.{}` | {default} | {} | {} |",
                rule.code, setting.key, setting.about, setting.source
            );
        }
    }
    let reads: Vec<String> = rule.reads.iter().map(|key| format!("`{key}`")).collect();
    let _ = writeln!(out, "\nReads {}.", reads.join(", "));
    out
}

/// All rules as a Markdown table.
pub fn rules_markdown<'a>(rules: impl IntoIterator<Item = &'a RuleInfo>) -> String {
    let mut out = String::from("| Code | Name | Severity | Confidence | What it says |\n|---|---|---|---|---|\n");
    for rule in rules {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            rule.code,
            rule.name,
            rule.severity.word(),
            rule.confidence.word(),
            super::text::cell(rule.summary)
        );
    }
    out
}

/// One rule as JSON.
pub fn rule_json(rule: &RuleInfo) -> String {
    let mut value = explained(rule);
    if let Some(object) = value.as_object_mut() {
        object.insert("format".to_owned(), json!(1));
    }
    pretty(&value)
}

/// All rules as JSON.
pub fn rules_json<'a>(rules: impl IntoIterator<Item = &'a RuleInfo>) -> String {
    pretty(&json!({ "format": 1, "rules": rules.into_iter().map(explained).collect::<Vec<_>>() }))
}

fn explained(rule: &RuleInfo) -> Value {
    let mut value = info(rule);
    if let Some(object) = value.as_object_mut() {
        let sections = rule.sections.iter().map(|(title, text)| json!({ "title": title, "text": text.trim() }));
        object.insert("sections".to_owned(), sections.collect());
    }
    value
}

fn info(rule: &RuleInfo) -> Value {
    json!({
        "code": rule.code, "name": rule.name, "summary": rule.summary, "severity": rule.severity.word(),
        "confidence": rule.confidence.word(), "family": rule.family.title(), "reads": rule.reads,
        "settings": rule.settings.iter().map(|setting| json!({
            "key": format!("{}.{}", rule.code, setting.key), "default": setting.default, "about": setting.about,
            "source": setting.source,
        })).collect::<Vec<_>>(),
    })
}
