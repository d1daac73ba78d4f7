//! Files of the repository that travel inside the binary.
//!
//! One table a folder; the paths are those of the repository, so that a message about an embedded file names a file
//! that a reader can open. Must not know what the texts mean.

/// One embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Path from the root of the repository, with `/`: `checklists/caching.toml`.
    pub path: &'static str,
    /// The whole file.
    pub text: &'static str,
}

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(Asset { path: $path, text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)) }),*]
    };
}

/// The method as data: the questions of the steps, the checklists, the catalogue.
pub const CHECKLISTS: &[Asset] = embed![
    "checklists/steps/1-targets.toml",
    "checklists/steps/2-fast-path.toml",
    "checklists/steps/3-bottlenecks.toml",
    "checklists/steps/4-failure-paths.toml",
    "checklists/steps/5-proof.toml",
    "checklists/fast-path-list.toml",
    "checklists/write-path-list.toml",
    "checklists/caching.toml",
    "checklists/queues.toml",
    "checklists/resilience.toml",
    "checklists/data.toml",
    "checklists/multi-region.toml",
    "checklists/observability.toml",
    "checklists/capacity-planning.toml",
    "checklists/load-test.toml",
    "checklists/cost.toml",
    "checklists/tenancy.toml",
    "checklists/abuse.toml",
    "checklists/llm.toml",
    "checklists/migration.toml",
    "checklists/launch.toml",
    "checklists/catalogue/patterns.toml",
    "checklists/catalogue/decisions.toml",
    "checklists/catalogue/signatures.toml",
    "checklists/catalogue/principles.toml",
    "checklists/catalogue/glossary.toml",
];

/// Starters for new reviews; the name of a template is the name of its file.
pub const REVIEW_TEMPLATES: &[Asset] = embed![
    "templates/reviews/ecommerce.toml",
    "templates/reviews/social-feed.toml",
    "templates/reviews/saas-multi-tenant.toml",
    "templates/reviews/analytics-ingestion.toml",
    "templates/reviews/llm-rag.toml",
    "templates/reviews/blank.toml",
];

/// Worked reviews; the name of an example is the name of its folder. The first is the default of `demo`.
pub const EXAMPLES: &[Asset] = embed![
    "examples/ecommerce/review.toml",
    "examples/social-feed/review.toml",
    "examples/saas-multi-tenant/review.toml",
    "examples/analytics-ingestion/review.toml",
    "examples/llm-rag/review.toml",
    "examples/reference/review.toml",
];

/// Templates of documents.
pub const REPORT_TEMPLATES: &[Asset] = embed!["templates/reports/review.md.jinja"];
