//! What the rules about recovery ask of a store: whether it keeps records, who needs it, and how old a date is.

use crate::model::{Component, ComponentKind, Element, Indicator, Operation};
use crate::rules::context::{Context, FlowView};
use jiff::civil::Date;

/// Whether the loss of a component loses data that is kept nowhere else, as far as its kind says.
pub(super) fn keeps_records(component: &Component) -> bool {
    match component.kind {
        Some(ComponentKind::Database | ComponentKind::ObjectStore) => true,
        None => component.data.is_some(),
        Some(_) => false,
    }
}

/// Whether anybody writes to it; `None` where no caller says.
pub(super) fn is_written(context: &Context<'_>, component: &Component) -> Option<bool> {
    let operations: Vec<Option<Operation>> =
        context.callers(component.id()).iter().map(|caller| caller.operation).collect();
    if operations.iter().flatten().any(|operation| operation.writes()) {
        return Some(true);
    }
    (!operations.is_empty() && operations.iter().all(Option::is_some)).then_some(false)
}

/// The critical flows that visit a component.
pub(super) fn critical_flows<'a>(context: &Context<'a>, component: &Component) -> Vec<FlowView<'a>> {
    let mut flows = context.flows_through(&Element::Component(component.id().to_owned()));
    flows.retain(FlowView::is_critical);
    flows
}

/// The least that an availability SLO of the flows allows to be missed in its window, in seconds, and the SLO.
pub(super) fn least_budget<'a>(context: &Context<'a>, flows: &[FlowView<'a>]) -> Option<(f64, &'a str)> {
    let slos = flows.iter().flat_map(|view| context.slos_with(view.flow.id(), Indicator::Availability));
    slos.filter_map(|slo| Some(((1.0 - slo.objective?.value() / 100.0) * slo.window?.value(), slo.id())))
        .min_by(|a, b| a.0.total_cmp(&b.0))
}

/// How long ago something was done on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Never,
    /// The date lies ahead: it was planned, not done.
    Planned(Date),
    /// So many days ago, today being 0.
    Days(i32, Date),
}

impl Age {
    pub(super) fn of(date: Option<Date>, today: Date) -> Self {
        match date {
            None => Self::Never,
            Some(date) if date > today => Self::Planned(date),
            Some(date) => Self::Days((today - date).get_days(), date),
        }
    }

    /// Whether it was done at most so many days ago.
    pub(super) fn is_within(self, days: f64) -> bool {
        matches!(self, Self::Days(age, _) if f64::from(age) <= days)
    }

    /// "was never tried", "was last tried 300 days ago (2026-01-27)", "is only planned (2027-02-01)".
    pub(super) fn words(self) -> String {
        match self {
            Self::Never => "was never tried".to_owned(),
            Self::Planned(date) => format!("is only planned, for {date}"),
            Self::Days(age, date) => format!("was last tried {age} days ago, on {date}"),
        }
    }
}
