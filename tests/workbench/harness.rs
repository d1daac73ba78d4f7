//! A workbench driven by a script of keys, its background work done at once, its files in memory.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::struct_field_names,
    reason = "each test file uses its own part of the harness, and fails by panicking"
)]

use jiff::civil::date;
use kneepoint::workbench::view::{View, paint};
use kneepoint::workbench::{Effect, Key, Msg, SaveReport, Start, Workbench};
use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;

/// A small review with a comment in every corner.
pub const SMALL: &str = r#"format = 1  # the contract

[review]
title = "Small"          # for people

[[component]]
id = "api"        # the front
kind = "service"
workers = 8       # threads

[[component]]
id = "db"
kind = "database"

[[dependency]]
from = "api"
to   = "db"

[[flow]]
id = "buy"
entry = "api"
rate = "10/s"
calls = [
  { from = "api", to = "db" },   # the write
]
"#;

pub struct Bench {
    pub bench: Workbench,
    /// What the file holds.
    pub file: Option<String>,
    /// What the recovery file holds.
    pub recovery: Option<String>,
    /// Effects that a test looks at: everything that is not work, a save or recovery.
    pub effects: Vec<Effect>,
    /// Whether the program has ended.
    pub ended: bool,
    /// Whether saves fail, and with what.
    pub broken_disk: Option<String>,
}

impl Bench {
    /// A review that stands in a file.
    pub fn open(text: &str) -> Self {
        Self::start(Start {
            text: text.to_owned(),
            path: Some("shop.review.toml".into()),
            on_disk: Some(text.to_owned()),
            recovered: None,
            offers: Vec::new(),
            greeting: None,
            today: date(2026, 11, 23),
            custom: std::sync::Arc::default(),
        })
    }

    /// A review without a file yet.
    pub fn new(text: &str) -> Self {
        Self::start(Start {
            text: text.to_owned(),
            path: None,
            on_disk: None,
            recovered: None,
            offers: Vec::new(),
            greeting: None,
            today: date(2026, 11, 23),
            custom: std::sync::Arc::default(),
        })
    }

    pub fn start(start: Start) -> Self {
        let file = start.on_disk.clone();
        let mut bench = Workbench::new(start);
        let effects = bench.start();
        let mut this = Self { bench, file, recovery: None, effects: Vec::new(), ended: false, broken_disk: None };
        this.perform(effects);
        this.send(Msg::Resize(120, 36));
        this
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = self.bench.update(msg);
        self.perform(effects);
        // The view moves what is scrolled, as the real loop does after every message.
        let _ = self.bench.view();
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut queue: VecDeque<Effect> = effects.into();
        while let Some(effect) = queue.pop_front() {
            let answer = match effect {
                Effect::Work(_, job) => job.run(&AtomicBool::new(false)).map(Msg::Done),
                Effect::Save { path, text, expected } => Some(Msg::Saved(match &self.broken_disk {
                    Some(why) => SaveReport::Failed(why.clone()),
                    None if self.file != expected => {
                        SaveReport::Changed { theirs: self.file.clone().unwrap_or_default() }
                    }
                    None => {
                        self.file = Some(text.clone());
                        SaveReport::Saved { path, text }
                    }
                })),
                Effect::WriteRecovery { text } => {
                    self.recovery = Some(text);
                    None
                }
                Effect::DiscardRecovery => {
                    self.recovery = None;
                    None
                }
                Effect::Quit => {
                    self.ended = true;
                    None
                }
                other => {
                    self.effects.push(other);
                    None
                }
            };
            if let Some(answer) = answer {
                queue.extend(self.bench.update(answer));
            }
        }
    }

    /// Keys with spaces between; `"text"` is typed letter by letter.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script.trim();
        while !rest.is_empty() {
            if let Some(typed) = rest.strip_prefix('"') {
                let end = typed.find('"').expect("a typed text ends with a quote");
                for c in typed[..end].chars() {
                    self.send(Msg::Key(Key::char(c)));
                }
                rest = typed[end + 1..].trim_start();
            } else {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let key = Key::parse(&rest[..end]).unwrap_or_else(|| panic!("no key `{}`", &rest[..end]));
                self.send(Msg::Key(key));
                rest = rest[end..].trim_start();
            }
        }
        self
    }

    pub fn text(&self) -> &str {
        self.bench.session().document.text()
    }

    pub fn view(&mut self) -> View {
        self.bench.view()
    }

    /// The screen as text.
    pub fn screen(&mut self) -> String {
        paint(&self.bench.view()).text()
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.send(Msg::Resize(width, height));
        self
    }
}
