//! `rule` and `capacity`: what the program knows, and what follows from a review.

use super::arguments::{Capacity, Rule, RuleFormat, TextOrJson};
use super::exit::{Exit, Failure};
use super::load::{load, today};
use super::output::Output;
use crate::analysis::Settings;
use crate::model::did_you_mean;
use crate::report;
use crate::rules::registry;

pub(super) fn rule(rule: &Rule, output: &Output) -> Result<Exit, Failure> {
    let Some(wanted) = &rule.rule else {
        return output.result(&match rule.format {
            RuleFormat::Text => report::rules_text(registry::infos(), output.style),
            RuleFormat::Json => report::rules_json(registry::infos()),
            RuleFormat::Markdown => report::rules_markdown(registry::infos()),
        });
    };
    let Some(found) = registry::find(wanted) else {
        return Err(Failure::unusable(format!("there is no rule `{wanted}`"))
            .maybe(registry::meant(wanted))
            .hint("`kneepoint rule` lists them all"));
    };
    output.result(&match rule.format {
        RuleFormat::Text => report::rule_text(&found.info, output.style),
        RuleFormat::Json => report::rule_json(&found.info),
        RuleFormat::Markdown => report::rule_markdown(&found.info),
    })
}

pub(super) fn capacity(capacity: &Capacity, output: &Output) -> Result<Exit, Failure> {
    let loaded = load(&capacity.path, output)?;
    if let Some(flow) = &capacity.flow
        && loaded.review.flow(flow).is_none()
    {
        let ids: Vec<&str> =
            loaded.review.flows.iter().map(crate::model::Flow::id).filter(|id| !id.is_empty()).collect();
        let flows = (!ids.is_empty()).then(|| format!("its flows are: {}", ids.join(", ")));
        return Err(Failure::unusable(format!("{} has no flow `{flow}`", loaded.file))
            .maybe(did_you_mean(flow, ids.iter().copied()).or(flows)));
    }
    // No rule is wanted here, and no day either.
    let judged = loaded.judge(&Settings { load: capacity.load, ..Settings::new(today()) });
    let exit = judged.say_problems(output);
    let flow = capacity.flow.as_deref();
    let review = judged.subject().review;
    output.result(&match capacity.format {
        TextOrJson::Text => report::capacity_text(review, &judged.analysis, flow, output.style),
        TextOrJson::Json => report::capacity_json(review, &judged.analysis, flow),
    })?;
    Ok(exit)
}

/// `schema`: the JSON schema of the format, to a file or to stdout.
pub(super) fn schema(out: Option<&std::path::Path>, output: &Output) -> Result<Exit, Failure> {
    let schema = report::schema();
    let Some(path) = out else { return output.result(&schema) };
    let other = |text: String| !text.trim_start().starts_with('{');
    if std::fs::read_to_string(path).is_ok_and(other) {
        return Err(Failure::unusable(format!("`{}` is no schema: it is not overwritten", path.display()))
            .hint("give `--out` another name"));
    }
    super::files::replace(path, &schema)?;
    output.note(&format!("wrote {}", path.display()));
    Ok(Exit::Fine)
}
