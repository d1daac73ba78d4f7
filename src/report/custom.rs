//! What a team keeps over the embedded texts, ready for use: the method, the document template, the choice of rules,
//! and what is wrong with them.
//!
//! Must not know where the texts came from, but what the folder is called in messages.

use super::markdown::{Template, TemplateError};
use crate::analysis::Settings;
use crate::config::Config;
use crate::document::files::{Overlay, Unread};
use crate::knowledge::{InForce, KnowledgeProblem};

/// The method and the template that hold for a review. The default is what the program carries.
#[derive(Debug, Default)]
pub struct Custom {
    /// The method.
    pub knowledge: InForce,
    /// What is wrong in the folder, with whole paths. Nothing of it keeps the program from working.
    pub problems: Vec<KnowledgeProblem>,
    /// The folder as messages call it; none where there is none.
    pub folder: Option<String>,
    /// What it decides about the rules.
    pub config: Config,
    /// Whether something in its configuration could not be used: what the rules say is not what the team asked for.
    pub config_is_broken: bool,
    template: Option<Result<(String, String), TemplateError>>,
}

impl Custom {
    /// Lays a folder's texts over the embedded ones.
    pub fn new(overlay: Overlay) -> Self {
        let Overlay { folder, checklists, template, config, named, unread } = overlay;
        let below = |path: &str| match path {
            "" => folder.clone(),
            // A file that was named is called as it was named.
            path if named && config.as_ref().is_some_and(|config| config_path(config) == path) => path.to_owned(),
            path => format!("{folder}/{path}"),
        };
        let (knowledge, mut problems) = InForce::with_overlay(&checklists);
        problems.extend(
            unread
                .into_iter()
                .chain([&template, &config].into_iter().flatten().filter_map(|read| read.clone().err()))
                .map(|Unread { path, line, reason, meant }| KnowledgeProblem {
                    file: path,
                    line,
                    message: reason,
                    suggestion: meant.map(str::to_owned),
                }),
        );
        for problem in &mut problems {
            problem.file = below(&problem.file);
        }
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let template = template.map(|read| match read {
            Ok((path, text)) => Ok((below(&path), text)),
            Err(unread) => {
                Err(TemplateError { name: below(&unread.path), line: Some(unread.line), message: unread.reason })
            }
        });
        let mut custom = Self {
            knowledge,
            problems,
            folder: (!folder.is_empty()).then(|| folder.clone()),
            template,
            ..Self::default()
        };
        match &config {
            Some(Ok((path, text))) => custom.configure(&below(path), text),
            Some(Err(_)) => custom.config_is_broken = true,
            None => {}
        }
        custom
    }

    fn configure(&mut self, file: &str, text: &str) {
        let (config, map, problems) = Config::read(text);
        self.config = config;
        self.config_is_broken = !problems.is_empty();
        self.problems.extend(problems.into_iter().map(|problem| KnowledgeProblem {
            file: file.to_owned(),
            line: map.position(text, problem.span.start).line,
            message: match problem.help {
                Some(help) => format!("{}; {help}", problem.message),
                None => problem.message,
            },
            suggestion: None,
        }));
    }

    /// The settings of an analysis with the team's method and choices. What the settings select wins over what the
    /// team selects; what either ignores is ignored.
    pub fn settings(&self, settings: Settings) -> Settings {
        let Config { select, ignore, severities, thresholds } = self.config.clone();
        Settings {
            knowledge: self.knowledge.clone(),
            select: if settings.select.is_empty() { select } else { settings.select },
            ignore: settings.ignore.into_iter().chain(ignore).collect(),
            severities: severities.into_iter().chain(settings.severities).collect(),
            thresholds: thresholds.into_iter().chain(settings.thresholds).collect(),
            ..settings
        }
    }

    /// The template of the review document: the folder's, or the embedded one where the folder has none.
    ///
    /// # Errors
    /// Where the folder's cannot be read: the document would not be what the team wants.
    pub fn template(&self) -> Result<Template<'_>, TemplateError> {
        match &self.template {
            None => Ok(Template::default()),
            Some(Ok((name, text))) => Ok(Template { name, text }),
            Some(Err(error)) => Err(error.clone()),
        }
    }
}

fn config_path(config: &Result<(String, String), Unread>) -> &str {
    match config {
        Ok((path, _)) => path,
        Err(unread) => &unread.path,
    }
}
