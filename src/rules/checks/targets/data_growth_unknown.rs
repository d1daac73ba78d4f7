//! KP109: a store of which nobody said how it grows.

use crate::model::{ComponentKind, Element};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP109" "data-growth-unknown", Low, Certain;
    summary: "a store without rows per day, retention or a size limit";
    reads: ["component.data.rows_per_day", "component.data.retention", "component.data.size_limit", "component.kind"];
    settings: [];
    detects: "A component of kind `database`, `search` or `object-store` that lacks one of `data.rows_per_day`, `data.retention` and \
        `data.size_limit`. Where `rows_per_day` is 0 nothing grows, and the other two are not asked for. Caches, queues and streams \
        have rules of their own.";
    why: "Data grows in silence. Indexes leave memory, backups outgrow the night and migrations the weekend, and the first sign is a slow \
        query that was fast for two years. The day on which a disk is full can be computed a year before, from three numbers.";
    example: [
        "Orders come in every day, and nothing says how many or for how long they stay:",
        "",
        "```toml",
        r#"component = [{ id = "orders-db", kind = "database", data = { engine = "postgres", rows = 80e6 } }]"#,
        "```",
    ];
    remedy: "Write down `rows_per_day`, `retention` (a long one is an answer, unknown is none) and `size_limit`. Count yesterday's rows if \
        nobody knows; give a range where products are about to change it.";
    verify: "The size on the dashboard in three months is within a fifth of what these numbers say.";
    accept: "For a store whose provider grows it without a limit and whose bill is watched.";
    references: "The guide, *Data growth (rows/day, retention, index growth)*. `KP310` storage-runs-out computes the day.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let kept = matches!(
            component.kind,
            Some(ComponentKind::Database | ComponentKind::Search | ComponentKind::ObjectStore)
        );
        if !kept {
            continue;
        }
        let data = component.data.as_ref();
        let rows = data.and_then(|data| data.rows_per_day);
        if rows.is_some_and(|rows| crate::units::Quantity::value(rows.high()) == 0.0) {
            report.pass();
            continue;
        }
        let stated = [
            ("rows_per_day", rows.is_some()),
            ("retention", data.is_some_and(|data| data.retention.is_some())),
            ("size_limit", data.is_some_and(|data| data.size_limit.is_some())),
        ];
        let lacking: Vec<_> = stated.iter().filter(|(_, stated)| !stated).map(|(key, _)| *key).collect();
        if lacking.is_empty() {
            report.pass();
            continue;
        }
        let id = component.id();
        let mut draft = Draft::new(
            Element::Component(id.to_owned()),
            format!("{id} keeps data and does not say its {}: nobody can tell when it is full", lacking.join(", ")),
            format!("set {} in data of {id}", lacking.join(", ")),
        )
        .fact("lacking", Figure::List(lacking.iter().map(|key| (*key).to_owned()).collect()));
        for key in lacking {
            draft = draft.key(&format!("data.{key}"));
        }
        report.find(draft);
    }
}
