//! The evidence file beside a review: every metric that was recorded, so that documents, analysis and CI read the same
//! numbers again without a server.
//!
//! Texts in and texts out, no file is touched here. Invariants: the same records give the same bytes in whatever order
//! they came; a state that is not a number never carries one; reading never fails, it reports.

use crate::model::{Evidence, Measurement, Renaming, Review};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Labels, Unit, clean};

/// The version of the format that is written.
const FORMAT: u64 = 1;
/// No more problems than this are reported of one file.
const PROBLEMS_KEPT: usize = 100;

/// When a recorded number holds, unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceTime {
    /// One moment.
    At(f64),
    /// A stretch of time, from and to.
    Range(f64, f64),
}

/// What a recorded query gave; the states of an [`Answer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceState {
    /// A number other than 0.
    Value,
    /// Measured as 0.
    Zero,
    /// More than one number.
    Series,
    /// Not measured.
    NoSeries,
    /// No traffic.
    NotANumber,
    /// A division by 0.
    Infinite,
    /// Incomplete.
    Partial,
    /// No answer.
    Failed,
}

/// One metric as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// The element it is about: `api`, `api -> orders-db`.
    pub element: String,
    /// As `[[measure]]` names it.
    pub signal: String,
    /// The PromQL that was asked.
    pub query: String,
    /// When the number holds.
    pub time: EvidenceTime,
    /// What came back.
    pub state: EvidenceState,
    /// The number, in seconds, per second, or from 0 to 1; `null` in every state but `value` and `zero`.
    pub value: Option<f64>,
    /// Why there is no number; `null` where there is one.
    pub reason: Option<String>,
    /// Of the series, where it has any.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The address that was asked, without user, password and parameters.
    pub server: String,
    /// When it was asked, unix seconds.
    pub recorded_at: f64,
}

impl EvidenceRecord {
    /// A record of an answer to an instant query. `server` is expected as [`super::Source::shown`] gives it.
    pub fn of(
        element: &str,
        signal: &str,
        query: &str,
        at: f64,
        answer: &Answer,
        server: &str,
        recorded_at: f64,
    ) -> Self {
        let state = match answer {
            Answer::Value(_) => EvidenceState::Value,
            Answer::Zero(_) => EvidenceState::Zero,
            Answer::Series { .. } => EvidenceState::Series,
            Answer::NoSeries => EvidenceState::NoSeries,
            Answer::NotANumber { .. } => EvidenceState::NotANumber,
            Answer::Infinite { .. } => EvidenceState::Infinite,
            Answer::Partial { .. } => EvidenceState::Partial,
            Answer::Failed(_) => EvidenceState::Failed,
        };
        let labels = match answer {
            Answer::Value(reading) | Answer::Zero(reading) => reading.labels.clone(),
            _ => Labels::new(),
        };
        let value = answer.number();
        let reason = value.is_none().then(|| answer.long(Unit::of_signal(signal)));
        Self {
            element: element.into(),
            signal: signal.into(),
            query: query.into(),
            time: EvidenceTime::At(answer.at().unwrap_or(at)),
            state,
            value,
            reason,
            labels,
            server: super::without_userinfo(server),
            recorded_at,
        }
    }

    /// The end of the time it holds for, unix seconds: what its age is counted from.
    pub fn holds_until(&self) -> f64 {
        match self.time {
            EvidenceTime::At(at) => at,
            EvidenceTime::Range(_, to) => to,
        }
    }

    fn problem(&self) -> Option<&'static str> {
        let times = match self.time {
            EvidenceTime::At(at) => [at, at],
            EvidenceTime::Range(from, to) => [from, to],
        };
        if !times.iter().all(|time| time.is_finite()) || times[0] > times[1] || !self.recorded_at.is_finite() {
            return Some("its time is not a time");
        }
        match (self.state, self.value) {
            (EvidenceState::Value, Some(value)) if value.is_finite() => None,
            (EvidenceState::Zero, Some(0.0)) => None,
            (EvidenceState::Value | EvidenceState::Zero, _) => Some("its state promises a number that is not there"),
            (_, Some(_)) => Some("it has a number although its state says that there is none"),
            (_, None) => None,
        }
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let start = |record: &Self| match record.time {
            EvidenceTime::At(at) => at,
            EvidenceTime::Range(from, _) => from,
        };
        (&self.element, &self.signal, &self.query)
            .cmp(&(&other.element, &other.signal, &other.query))
            .then(self.holds_until().total_cmp(&other.holds_until()))
            .then(start(self).total_cmp(&start(other)))
            .then_with(|| self.server.cmp(&other.server))
            .then(self.recorded_at.total_cmp(&other.recorded_at))
    }
}

/// What is wrong with a record of a file, or with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceProblem {
    /// The record, from 0; none where it is the file as a whole.
    pub record: Option<usize>,
    /// A sentence, sanitised.
    pub message: String,
}

/// The recorded metrics of one review, in a fixed order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EvidenceFile {
    records: Vec<EvidenceRecord>,
}

impl EvidenceFile {
    /// All records, by element, signal, query and time.
    pub fn records(&self) -> &[EvidenceRecord] {
        &self.records
    }

    /// Adds a record. One of the same query at the same time from the same server is replaced; one that contradicts
    /// itself is refused with the reason.
    ///
    /// # Errors
    /// Where the state and the number do not belong together, or a time is not finite.
    pub fn record(&mut self, record: EvidenceRecord) -> Result<(), EvidenceProblem> {
        if let Some(problem) = record.problem() {
            return Err(EvidenceProblem { record: None, message: problem.into() });
        }
        let at = self.records.partition_point(|known| known.order(&record).is_lt());
        let same = |known: &EvidenceRecord| {
            (&known.element, &known.signal, &known.query, known.time, &known.server)
                == (&record.element, &record.signal, &record.query, record.time, &record.server)
        };
        // The same measurement sorts beside its place, as only the time of recording comes after what makes it the same.
        if self.records.get(at).is_some_and(same) {
            self.records[at] = record;
        } else if at > 0 && self.records.get(at - 1).is_some_and(same) {
            self.records[at - 1] = record;
        } else {
            self.records.insert(at, record);
        }
        Ok(())
    }

    /// The record of a signal that holds for the latest time, whatever its state.
    pub fn latest(&self, element: &str, signal: &str) -> Option<&EvidenceRecord> {
        let first = self
            .records
            .partition_point(|record| (record.element.as_str(), record.signal.as_str()) < (element, signal));
        let same =
            self.records[first..].iter().take_while(|record| record.element == element && record.signal == signal);
        same.max_by(|one, other| {
            one.holds_until().total_cmp(&other.holds_until()).then(one.recorded_at.total_cmp(&other.recorded_at))
        })
    }

    /// What the analysis of a review reads of it: the records about elements that the review has.
    pub fn evidence(&self, review: &Review) -> Evidence {
        let measurements = self.records().iter().filter_map(|record| {
            Some(Measurement {
                element: review.element(&record.element)?,
                signal: record.signal.clone(),
                value: record.value,
                at: record.holds_until(),
            })
        });
        Evidence { measurements: measurements.collect() }
    }

    /// Names an element anew in every record about it; says whether there was one.
    ///
    /// Queries and labels keep the names the server knows.
    pub fn rename(&mut self, renaming: &Renaming) -> bool {
        let mut changed = false;
        for record in &mut self.records {
            if let Some(element) = renaming.element(&record.element) {
                record.element = element;
                changed = true;
            }
        }
        self.records.sort_by(EvidenceRecord::order);
        changed
    }

    /// The text of the file: JSON, indented, ending in a line break.
    pub fn to_text(&self) -> String {
        #[derive(Serialize)]
        struct Written<'a> {
            format: u64,
            records: &'a [EvidenceRecord],
        }
        // Strings and finite numbers only: there is nothing that could fail to be written.
        let mut text =
            serde_json::to_string_pretty(&Written { format: FORMAT, records: &self.records }).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file as far as it can be read.
    pub fn from_text(text: &str) -> (Self, Vec<EvidenceProblem>) {
        let mut file = Self::default();
        let mut problems = Problems::default();
        if text.trim().is_empty() {
            return (file, Vec::new());
        }
        let parsed: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                problems.add(None, &format!("the file is not JSON: {error}"));
                return (file, problems.0);
            }
        };
        match parsed.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(other) => problems.add(
                None,
                &format!(
                    "the file has format {other}, which this version does not know; it is read as format {FORMAT}"
                ),
            ),
            None => problems.add(None, &format!("the file does not say its format; it is read as format {FORMAT}")),
        }
        let Value::Object(mut parsed) = parsed else {
            problems.add(None, "the file holds no records");
            return (file, problems.0);
        };
        let Some(Value::Array(records)) = parsed.remove("records") else {
            problems.add(None, "the file holds no list of records");
            return (file, problems.0);
        };
        for (index, value) in records.into_iter().enumerate() {
            match serde_json::from_value::<EvidenceRecord>(value) {
                Ok(record) => match record.problem() {
                    None => file.records.push(record),
                    Some(problem) => problems.add(Some(index), problem),
                },
                Err(error) => problems.add(Some(index), &format!("it cannot be read: {error}")),
            }
        }
        file.records.sort_by(EvidenceRecord::order);
        (file, problems.0)
    }
}

#[derive(Default)]
struct Problems(Vec<EvidenceProblem>);

impl Problems {
    fn add(&mut self, record: Option<usize>, message: &str) {
        if self.0.len() < PROBLEMS_KEPT {
            self.0.push(EvidenceProblem { record, message: clean(message, 200) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Failure, Reading};

    fn record(element: &str, answer: &Answer, at: f64) -> EvidenceRecord {
        EvidenceRecord::of(element, "rate", "up", at, answer, "http://u:hunter2@h:9090?x=y", 100.5)
    }

    fn value(value: f64) -> Answer {
        Answer::Value(Reading { value, at: 7.25, labels: Labels::new() })
    }

    #[test]
    fn the_order_of_recording_leaves_no_trace() {
        let records = [
            record("b", &value(3.0), 7.0),
            record("a", &Answer::NoSeries, 7.0),
            record(
                "a",
                &Answer::Zero(Reading { value: 0.0, at: 1.0, labels: Labels::from([("job".into(), "x".into())]) }),
                7.0,
            ),
            record("a", &Answer::Failed(Failure::ConnectionRefused), 9.0),
        ];
        let mut texts = Vec::new();
        for first in 0..records.len() {
            let mut file = EvidenceFile::default();
            for offset in 0..records.len() {
                file.record(records[(first + offset) % records.len()].clone()).unwrap();
            }
            texts.push(file.to_text());
        }
        assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(!texts[0].contains("hunter2") && texts[0].ends_with("}\n"));
        let (read, problems) = EvidenceFile::from_text(&texts[0]);
        assert_eq!((read.to_text(), problems), (texts[0].clone(), vec![]));
        assert_eq!(read.latest("a", "rate").map(|record| record.state), Some(EvidenceState::Failed));
        assert_eq!(read.latest("b", "rate").and_then(|record| record.value), Some(3.0));
        assert_eq!(read.latest("c", "rate"), None);
    }

    #[test]
    fn the_same_measurement_is_kept_once() {
        let mut file = EvidenceFile::default();
        let mut again = record("a", &value(4.0), 7.0);
        again.recorded_at = 50.0;
        file.record(record("a", &value(3.0), 7.0)).unwrap();
        file.record(again).unwrap();
        assert_eq!(file.records().iter().map(|record| record.value).collect::<Vec<_>>(), [Some(4.0)]);
        assert!(file.record(record("a", &value(f64::INFINITY), 7.0)).is_err());
    }

    #[test]
    fn bad_records_are_reported_and_good_ones_kept() {
        let mut file = EvidenceFile::default();
        file.record(record("a", &value(3.0), 7.0)).unwrap();
        let mut json: Value = serde_json::from_str(&file.to_text()).unwrap();
        let good = json["records"][0].clone();
        let mut contradicts = good.clone();
        contradicts["state"] = "no-series".into();
        let mut unknown = good.clone();
        unknown["state"] = "guess\u{1b}[2J".into();
        json["records"] = Value::Array(vec![contradicts, Value::Null, good, unknown]);
        json["format"] = 2.into();
        let (read, problems) = EvidenceFile::from_text(&json.to_string());
        assert_eq!(read.records().len(), 1);
        assert_eq!(
            problems.iter().map(|problem| problem.record).collect::<Vec<_>>(),
            [None, Some(0), Some(1), Some(3)]
        );
        assert!(problems.iter().all(|problem| !problem.message.contains('\u{1b}')));
        for broken in ["{", "[]", "null", "{\"format\":1}", "{\"format\":1,\"records\":3}", &"[".repeat(100_000)] {
            assert!(!EvidenceFile::from_text(broken).1.is_empty(), "{}", &broken[..1]);
        }
        assert_eq!(EvidenceFile::from_text(" \n"), (EvidenceFile::default(), vec![]));
    }
}
