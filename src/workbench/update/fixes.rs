//! Edits that findings offer: looked at, tried in the background, applied as one step of undo.
//!
//! A fix holds positions of the text that was analysed: it is made in that text only, never in a later one.

use super::edits::Edited;
use crate::document::Document;
use crate::model::Fix;
use crate::rules::Finding;
use crate::workbench::message::Effect;
use crate::workbench::overlays::{FixPreview, Offered, Overlay};
use crate::workbench::screens::{self, Target};
use crate::workbench::view::{Line, Role};
use crate::workbench::{Job, Slot, Workbench};
use std::sync::Arc;

impl Workbench {
    /// Whether the findings are those of the text as it is.
    pub(super) fn is_analysed(&self) -> bool {
        self.session.analysis.is_some() && self.session.analysed == self.session.document.revision()
    }

    /// The positions, in the analysis, of the findings that the cursor is on: that of the row, or those about its entity.
    pub(in crate::workbench) fn findings_here(&self) -> Vec<usize> {
        let Some(analysis) = &self.session.analysis else { return Vec::new() };
        if let Target::Finding(index) = self.target() {
            return vec![index];
        }
        let place = self.navigation.place();
        let row = self.navigation.cursor().row;
        let sheet = screens::sheet(&self.session, &self.navigation, &place);
        let Some(entity) = sheet.and_then(|sheet| sheet.entity(row)) else { return Vec::new() };
        let findings = analysis.findings.iter().enumerate();
        findings.filter(|(_, finding)| finding.entity == Some(entity)).map(|(index, _)| index).collect()
    }

    /// Shows what the fixes of the finding (or of the findings about the row) would change.
    pub(super) fn ask_fix(&mut self) -> Vec<Effect> {
        if !self.is_analysed() {
            self.say(Line::plain("The rules are still looking at your last edit. Press F again in a moment."));
            return Vec::new();
        }
        let Some(analysis) = self.session.analysis.clone() else { return Vec::new() };
        let here: Vec<&Finding> =
            self.findings_here().into_iter().filter_map(|index| analysis.findings.get(index)).collect();
        let fixable: Vec<&Finding> = here.iter().copied().filter(|finding| !finding.fixes.is_empty()).collect();
        let Some(first) = fixable.first() else {
            let why = match here.as_slice() {
                [] => "Nothing was found here that an edit would mend: f shows the findings.".to_owned(),
                [only, ..] => format!(
                    "{} has no edit that would mend it by itself. A makes an action of it, v a decision, t records what was decided.",
                    only.id
                ),
            };
            self.say(Line::plain(why));
            return Vec::new();
        };
        let mut offered = Vec::new();
        for finding in &fixable {
            for fix in &finding.fixes {
                let mut fix = fix.clone();
                if fixable.len() > 1 {
                    fix.title = format!("{}: {}", finding.code, fix.title);
                }
                let text = self.fixed(&fix);
                offered.push(Offered { finding: finding.id.clone(), fix, text });
            }
        }
        let (title, message) = match fixable.as_slice() {
            [only] => (format!("Fix {}", only.id), format!("{}: {}", only.element, only.message)),
            _ => (format!("Fix {}", first.element), format!("{} findings here have an edit.", fixable.len())),
        };
        let revision = self.session.document.revision();
        let texts = offered.iter().map(|offered| (offered.finding.clone(), offered.text.clone().ok())).collect();
        let before = self.session.document.text();
        let preview = FixPreview::new(title, message, revision, before, analysis.summary, offered);
        self.overlays.push(Overlay::Fix(preview));
        let job = Job::TryFixes {
            revision,
            texts,
            before: analysis,
            evidence: Arc::new(self.session.evidence()),
            settings: self.session.settings(),
        };
        vec![Effect::Work(Slot::Fixes, job)]
    }

    /// The text with an edit made, or why it cannot be made.
    fn fixed(&self, fix: &Fix) -> Result<String, String> {
        let mut document: Document = self.session.document.clone();
        document.apply(&fix.title, &fix.changes).map_err(|error| error.to_string())?;
        if document.text() == self.session.document.text() {
            return Err("the file says so already".to_owned());
        }
        Ok(document.text().to_owned())
    }

    /// Makes the chosen edit, if the text is still the one that it was offered for.
    pub(super) fn apply_fix(&mut self) -> Edited {
        let Some(Overlay::Fix(preview)) = self.overlays.last() else { return Ok(Vec::new()) };
        let Some((_, fix)) = preview.chosen() else { return Ok(Vec::new()) };
        if preview.revision != self.session.document.revision() {
            return Err("the review has changed since this was offered: esc, then F again".to_owned());
        }
        let fix = fix.clone();
        let names = self.names();
        let label = format!("fix: {}", fix.title);
        self.session.document.apply(&label, &fix.changes).map_err(|error| error.to_string())?;
        self.edited();
        self.follow(&names);
        self.say(Line::of(Role::Good, format!("Done: {}. u takes it back.", fix.title)));
        Ok(Vec::new())
    }
}
