//! KP319: a spike that is there before the replicas are.

use crate::capacity::{Resource, ResourceKind};
use crate::graph::ComponentIndex;
use crate::model::{Component, Element, Fix, FixSafety};
use crate::rules::checks::load::{load_of, peak_of};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Multiple, Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP319" "autoscaling-too-slow", Medium, Likely;
    summary: "the spike arrives faster than autoscaling reacts, and the floor cannot carry it";
    reads: ["component.autoscale.min", "component.autoscale.max", "component.autoscale.target", "component.autoscale.reaction",
        "component.replicas", "growth.ramp", "growth.peak", "flow.peak", "growth.traffic", "component.workers", "component.cores"];
    settings: [
        target = 0.7, "The share at which a scaler holds its component where `autoscale.target` is not stated.",
            "Examples of the common scalers lie between 0.5 and 0.8.";
    ];
    detects: "A component with `autoscale` whose load rises to the expected peak within `growth.ramp`. The load is counted in full replicas (busy \
        workers or processors ÷ those of one replica, whichever is more). It passes where the floor (`autoscale.min`, else `replicas`) \
        carries the peak. Otherwise replicas follow the load with a delay of `reaction`, and hold it at `target`. \
        From the moment in which more are ordered (load above target × what runs) until what runs is full there is room for \
        (1 − target) × the floor; it fires where the load rises by more than that within `reaction`. High where this is so \
        with today's load × peak on a critical flow, medium otherwise and where it takes the growth as well. Where the floor does not carry the peak \
        and `ramp` or `reaction` is missing, the rule cannot tell.";
    why: "A scaler sees the load after it has come, and what it orders takes minutes until it serves: a machine, an image, a warm-up, a health check. \
        In these minutes the replicas that are there are full, time-outs and retries begin, and the new ones start cold into a \
        load that is higher than the spike. A push notification ramps within seconds; no scaler does.";
    example: [
        "Ten times the load in a minute, and new replicas take two:",
        "",
        "```toml",
        r#"growth = { traffic = 1.0, peak = 10.0, horizon = "12mo", ramp = "1m" }"#,
        r#"component = [{ id = "api", replicas = 4, workers = 10, service_time = "20ms","#,
        r#"              autoscale = { min = 4, max = 40, target = 0.6, reaction = "2m" } }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "800/s", critical = true }]"#,
        "```",
    ];
    remedy: "Raise the floor for the event (a schedule knows the date of a campaign), or the headroom (a lower target). Make new replicas faster: \
        smaller images, a warm pool, less work at start. Take the steepness away: spread the notification, let a waiting room in front \
        admit what can be served.";
    verify: "Replay the ramp in a test with scaling on: no request waits longer than usual while replicas are added.";
    accept: "When the surplus is refused cheaply until replicas are there, and those users may wait: say for how long.";
    references: "The guide, *Burst behaviour* and *Stateless compute*. `KP601` saturates-at-peak for a ceiling that is too low. \
        `KP307` connection-overcommit for what the new replicas bring along.";
}

/// How the load of one component rises, in full replicas.
#[derive(Debug, Clone, Copy)]
struct Spike {
    /// Before it, at the floor of the day.
    base: f64,
    /// What it is multiplied by.
    peak: f64,
    ramp: f64,
    reaction: f64,
    target: f64,
}

impl Spike {
    /// Replicas a second that the load rises by; a ramp of nothing is a step.
    fn slope(&self) -> f64 {
        if self.ramp > 0.0 { self.base * (self.peak - 1.0) / self.ramp } else { f64::INFINITY }
    }

    /// What may rise between the moment in which the scaler orders more and the one in which all that run are full.
    fn room(&self, floor: f64) -> f64 {
        // Before the spike the scaler has already more than the floor where the floor would be above its target.
        let running = if self.target > 0.0 { floor.max(self.base / self.target) } else { floor };
        running * (1.0 - self.target)
    }

    /// Whether all that run are full before the first additional replica serves.
    fn outruns(&self, floor: f64) -> bool {
        let carried = self.base * self.peak <= floor * (1.0 + 1e-9);
        !carried && self.reaction > 0.0 && self.slope() * self.reaction > self.room(floor) * (1.0 + 1e-9)
    }

    /// The smallest floor that is not outrun.
    fn floor(&self) -> f64 {
        let all = (self.base * self.peak).ceil();
        let late = (self.slope() * self.reaction / (1.0 - self.target)).ceil();
        if late.is_finite() && late < all && !self.outruns(late) { late } else { all }
    }

    /// The shortest ramp that replicas can follow.
    fn gentlest(&self, floor: f64) -> f64 {
        let room = self.room(floor);
        if room > 0.0 { self.base * (self.peak - 1.0) * self.reaction / room } else { f64::INFINITY }
    }
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut resources: HashMap<&str, Vec<&Resource>> = HashMap::new();
    for resource in &context.capacity.resources {
        if let Element::Component(id) = &resource.element
            && matches!(resource.kind, ResourceKind::Workers | ResourceKind::Cores)
        {
            resources.entry(id).or_default().push(resource);
        }
    }
    for (index, component) in context.components().filter(|(_, component)| component.autoscale.is_some()) {
        let id = component.id();
        let Some(load) = risen(context, index) else { continue };
        let needed =
            resources.get(id).into_iter().flatten().filter_map(|resource| full_replicas(context, component, resource));
        let Some(today) = needed.reduce(f64::max) else {
            if component.workers.is_none() && component.cores.is_none() {
                report.cannot_tell(Element::Component(id.to_owned()), "component.workers");
            }
            continue;
        };
        judge(context, report, component, today, &load);
    }
}

/// How the flows through a component rise.
struct Rise {
    /// Growth alone, over today, weighted by visits.
    growth: f64,
    /// The spike over it.
    peak: f64,
    critical: bool,
}

fn risen(context: &Context<'_>, index: ComponentIndex) -> Option<Rise> {
    let element = Element::Component(context.component_at(index).id().to_owned());
    let (mut today, mut steady, mut top, mut critical) = (0.0, 0.0, 0.0, false);
    for view in context.flows_through(&element) {
        let (Some(load), Some(visit)) = (load_of(context, view), view.expansion.visit(index)) else { continue };
        let visits = visit.visits.likely;
        // A spike waits in a broker before it reaches what stands behind; there only growth arrives.
        let peak = if visit.in_answer { peak_of(context, view).unwrap_or(1.0).max(1.0) } else { 1.0 };
        today += load.today * visits;
        steady += load.steady * visits;
        top += load.steady * visits * peak;
        critical |= view.is_critical() && visit.in_answer;
    }
    (today > 0.0 && top > steady).then(|| Rise { growth: steady / today, peak: top / steady, critical })
}

/// How many replicas today's load fills.
fn full_replicas(context: &Context<'_>, component: &Component, resource: &Resource) -> Option<f64> {
    let each = match resource.kind {
        ResourceKind::Cores => component.cores?.value(),
        _ => component.workers?.value(),
    };
    let busy = resource.utilisation.likely * resource.capacity.likely / context.capacity.load;
    Some(busy / each).filter(|replicas| replicas.is_finite() && *replicas > 0.0)
}

fn judge(context: &Context<'_>, report: &mut Report<'_>, component: &Component, today: f64, rise: &Rise) {
    let id = component.id();
    let element = Element::Component(id.to_owned());
    let Some(autoscale) = &component.autoscale else { return };
    let Some(floor) = autoscale.min.or(component.replicas).map(|floor| floor.value()) else {
        report.cannot_tell(element, "component.autoscale.min");
        return;
    };
    if today * rise.growth * rise.peak <= floor {
        report.pass();
        return;
    }
    let ramp = context.review.growth.ramp.map(|ramp| ramp.value());
    let reaction = autoscale.reaction.map(|reaction| reaction.value());
    let (Some(ramp), Some(reaction)) = (ramp, reaction) else {
        if ramp.is_none() {
            report.cannot_tell(Element::Review, "growth.ramp");
        }
        if reaction.is_none() {
            report.cannot_tell(element, "component.autoscale.reaction");
        }
        return;
    };
    let target = autoscale.target.map_or_else(|| report.threshold("target"), |target| target.value());
    let spike = |base: f64| Spike { base, peak: rise.peak, ramp, reaction, target };
    let (now, later) = (spike(today), spike(today * rise.growth));
    let with_today = now.outruns(floor);
    if !with_today && !later.outruns(floor) {
        report.pass();
        return;
    }
    let judged = if with_today { now } else { later };
    let wanted = now.floor().max(later.floor());
    let most = autoscale.max.map_or(f64::INFINITY, |most| most.value());
    let growth = if with_today { String::new() } else { format!(" after growing {}", Multiple::new(rise.growth)) };
    let gentlest = judged.gentlest(floor);
    let slower = if gentlest.is_finite() {
        format!(", or spread it over at least {}", Seconds::new(gentlest))
    } else {
        String::new()
    };
    let mut draft = Draft::new(
        element.clone(),
        format!(
            "{id} rises from {} to {} full replicas within {}{growth}, new ones take {}, and its floor is {}: it is full before they come",
            significant(judged.base, 3),
            significant(judged.base * judged.peak, 3),
            Seconds::new(ramp),
            Seconds::new(reaction),
            significant(floor, 4)
        ),
        format!("keep at least {} replicas of {id} before the spike{}", significant(wanted, 4), slower),
    )
    .severity(if with_today && rise.critical { Severity::High } else { Severity::Medium })
    .fact("ramp", Figure::Seconds(ramp))
    .fact("reaction", Figure::Seconds(reaction))
    .fact("floor", Figure::Count(floor))
    .fact("replicas_at_peak", Figure::Count(judged.base * judged.peak))
    .key("autoscale.min");
    if let Some(entity) = context.entity(&element).filter(|_| wanted <= most && wanted < 1e6) {
        let changes = Fix::set(FixSafety::Suggested, entity, "autoscale.min", format!("{wanted:.0}"));
        draft = draft.fix(changes);
    }
    report.find(draft);
}
