//! What a team keeps over the embedded texts, ready for use: the method, the document template, and what is wrong
//! with them.
//!
//! Must not know where the texts came from, but what the folder is called in messages.

use super::markdown::{Template, TemplateError};
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
    template: Option<Result<(String, String), TemplateError>>,
}

impl Custom {
    /// Lays a folder's texts over the embedded ones.
    pub fn new(overlay: Overlay) -> Self {
        let Overlay { folder, checklists, template, unread } = overlay;
        let below = |path: &str| if path.is_empty() { folder.clone() } else { format!("{folder}/{path}") };
        let (knowledge, mut problems) = InForce::with_overlay(&checklists);
        problems.extend(unread.into_iter().chain(template.iter().filter_map(|read| read.clone().err())).map(
            |Unread { path, line, reason, meant }| KnowledgeProblem {
                file: path,
                line,
                message: reason,
                suggestion: meant.map(str::to_owned),
            },
        ));
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
        Self { knowledge, problems, folder: Some(folder), template }
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
