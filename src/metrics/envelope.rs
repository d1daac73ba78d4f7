//! The JSON that the API answers with, read into an [`Answer`].
//!
//! Knows no HTTP. Reads in one pass and keeps little: a hostile answer of the largest size costs a few kilobytes, not a
//! tree of values. Everything kept is sanitised and cut.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::answer::{Answer, Labels, Reading};
use super::failure::{Failure, Position};
use super::sanitise::Redactor;

const SERIES_KEPT: usize = 100;
const WARNINGS_KEPT: usize = 20;
const LABELS_KEPT: usize = 40;
const MESSAGE_LENGTH: usize = 300;
const LABEL_LENGTH: usize = 120;

/// Why a body is no answer of the API.
pub(super) enum Unreadable {
    /// With the reason.
    NotJson(String),
    OtherJson,
}

/// Whether it is worth reading as JSON: it says so, or begins so whatever it says.
pub(super) fn looks_like_json(body: &[u8], content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("json") || body.trim_ascii_start().first() == Some(&b'{')
}

/// Reads the answer to an instant query.
pub(super) fn read(body: &[u8], redactor: &Redactor) -> Result<Answer, Unreadable> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            return Unreadable::OtherJson;
        }
        let reason = if error.is_eof() { "it breaks off" } else { "it is not JSON" };
        Unreadable::NotJson(format!("{reason} at line {}, column {}", error.line(), error.column()))
    })?;
    match envelope.status.as_deref() {
        Some("success") => {}
        Some("error") => return Ok(Answer::Failed(refusal(&envelope, redactor))),
        _ => return Err(Unreadable::OtherJson),
    }
    let mut warnings: Vec<String> = Vec::new();
    let said = envelope.warnings.unwrap_or_default();
    for warning in &said.first {
        // Servers between 2.48 and 2.54 file remarks on the query under warnings; they say nothing about completeness.
        if !warning.0.starts_with("PromQL info:") {
            warnings.push(redactor.clean(&warning.0, MESSAGE_LENGTH));
        }
    }
    if said.count > said.first.len() {
        warnings.push(format!("and {} more warnings", said.count - said.first.len()));
    }
    if envelope.is_partial == Some(true) {
        warnings.push("the server marks the answer as partial".into());
    }
    let found = match envelope.data {
        Some(data) => data.answer(redactor)?,
        None if warnings.is_empty() => return Err(Unreadable::OtherJson),
        None => Answer::NoSeries,
    };
    Ok(match found {
        failed @ Answer::Failed(_) => failed,
        found if warnings.is_empty() => found,
        found => Answer::Partial { found: Box::new(found), warnings },
    })
}

/// Whether the server stopped working on this query because it took too long or was withdrawn.
pub(super) fn gave_up(body: &[u8]) -> bool {
    serde_json::from_slice::<Envelope>(body)
        .is_ok_and(|envelope| matches!(envelope.error_type.as_deref(), Some("timeout" | "canceled")))
}

/// The version in the answer of `/api/v1/status/buildinfo`.
pub(super) fn version(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        data: BuildInfo,
    }
    #[derive(Deserialize)]
    struct BuildInfo {
        application: Option<String>,
        version: Option<String>,
    }
    let build = serde_json::from_slice::<Answer>(body).ok()?.data;
    let version = build.version.filter(|version| !version.is_empty())?;
    Some(build.application.map_or_else(|| version.clone(), |application| format!("{application} {version}")))
}

fn refusal(envelope: &Envelope, redactor: &Redactor) -> Failure {
    let said = envelope.error.as_deref().unwrap_or_default();
    let said = said.strip_prefix("invalid parameter \"query\": ").unwrap_or(said);
    let message = redactor.clean(said, MESSAGE_LENGTH);
    match envelope.error_type.as_deref() {
        Some("bad_data" | "execution" | "422" | "400") => Failure::BadQuery { message, position: position(said) },
        _ => Failure::ServerError { status: 0, message },
    }
}

/// `1:5: parse error: …` says where.
fn position(message: &str) -> Option<Position> {
    let (before, _) = message.split_once(": parse error")?;
    let mut numbers =
        before.rsplit(|character: char| !character.is_ascii_digit() && character != ':').next()?.split(':');
    let (line, column) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(Position { line, column })
}

#[derive(Deserialize)]
struct Envelope {
    status: Option<String>,
    data: Option<Data>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    warnings: Option<Beginning<Text, WARNINGS_KEPT>>,
    #[serde(rename = "isPartial")]
    is_partial: Option<bool>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: Option<String>,
    result: Option<Beginning<Item, SERIES_KEPT>>,
}

impl Data {
    fn answer(self, redactor: &Redactor) -> Result<Answer, Unreadable> {
        let Some(result) = self.result else {
            return Err(Unreadable::OtherJson);
        };
        match self.kind.as_deref() {
            Some("vector") => vector(result, redactor),
            Some("scalar") => match result.first.as_slice() {
                [Item::Number(at), Item::Text(text)] => Ok(one(number(text)?, *at, Labels::new())),
                [Item::Number(at), Item::Number(value)] => Ok(one(*value, *at, Labels::new())),
                _ => Err(Unreadable::OtherJson),
            },
            Some("matrix") => Ok(not_one_number("a range of samples (a matrix)")),
            Some("string") => Ok(not_one_number("a text")),
            _ => Err(Unreadable::OtherJson),
        }
    }
}

fn vector(result: Beginning<Item, SERIES_KEPT>, redactor: &Redactor) -> Result<Answer, Unreadable> {
    let count = result.count;
    let mut first = Vec::new();
    for item in result.first {
        let Item::Series(series) = item else {
            return Err(Unreadable::OtherJson);
        };
        let Some(Pair { at, value }) = series.value else {
            return if series.histogram {
                Ok(not_one_number("a native histogram"))
            } else {
                Err(Unreadable::OtherJson)
            };
        };
        let labels = series.metric.unwrap_or_default().0.into_iter();
        let labels = labels
            .map(|(name, value)| (redactor.clean(&name, LABEL_LENGTH), redactor.clean(&value, LABEL_LENGTH)))
            .collect();
        first.push(Reading { value, at, labels });
    }
    match first.pop() {
        None => Ok(Answer::NoSeries),
        Some(only) if count == 1 => Ok(one(only.value, only.at, only.labels)),
        Some(last) => {
            first.push(last);
            Ok(Answer::Series { first, count })
        }
    }
}

fn one(value: f64, at: f64, labels: Labels) -> Answer {
    match value {
        value if value.is_nan() => Answer::NotANumber { at },
        value if value.is_infinite() => Answer::Infinite { at, negative: value < 0.0 },
        0.0 => Answer::Zero(Reading { value: 0.0, at, labels }),
        value => Answer::Value(Reading { value, at, labels }),
    }
}

fn not_one_number(shape: &str) -> Answer {
    Answer::Failed(Failure::NotOneNumber { shape: shape.into() })
}

fn number(text: &str) -> Result<f64, Unreadable> {
    text.parse().map_err(|_| Unreadable::OtherJson)
}

/// A list of which the first `KEPT` are kept and the rest are counted.
struct Beginning<T, const KEPT: usize> {
    first: Vec<T>,
    count: usize,
}

impl<T, const KEPT: usize> Default for Beginning<T, KEPT> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

impl<'de, T: Deserialize<'de>, const KEPT: usize> Deserialize<'de> for Beginning<T, KEPT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const KEPT: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const KEPT: usize> Visitor<'de> for List<T, KEPT> {
            type Value = Beginning<T, KEPT>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Beginning::default();
                while kept.first.len() < KEPT {
                    let Some(item) = list.next_element()? else {
                        return Ok(kept);
                    };
                    kept.first.push(item);
                    kept.count += 1;
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    kept.count += 1;
                }
                Ok(kept)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// Any scalar as a text.
struct Text(String);

/// What a result may hold: series, or the two parts of a scalar.
enum Item {
    Series(Series),
    Number(f64),
    Text(String),
    Other,
}

#[derive(Default)]
struct Series {
    metric: Option<Metric>,
    value: Option<Pair>,
    histogram: bool,
}

/// A time and the number at it, which the API writes as a text.
#[derive(Clone, Copy)]
struct Pair {
    at: f64,
    value: f64,
}

#[derive(Default)]
struct Metric(Labels);

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a series, a time or a value")
    }
    fn visit_f64<E>(self, value: f64) -> Result<Item, E> {
        Ok(Item::Number(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }
    fn visit_str<E>(self, text: &str) -> Result<Item, E> {
        // A number is short; of anything longer only the beginning can ever be shown.
        let cut = text.char_indices().nth(4096).map_or(text.len(), |(cut, _)| cut);
        Ok(Item::Text(text[..cut].to_owned()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Item, E> {
        Ok(Item::Other)
    }
    fn visit_unit<E>(self) -> Result<Item, E> {
        Ok(Item::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Item, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Item::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut series = Series::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metric" => series.metric = Some(map.next_value()?),
                "value" => series.value = Some(map.next_value()?),
                "histogram" => {
                    map.next_value::<IgnoredAny>()?;
                    series.histogram = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Item::Series(series))
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Item::deserialize(deserializer)? {
            Item::Text(text) => text,
            Item::Number(number) => number.to_string(),
            Item::Series(_) | Item::Other => "a warning that is not a text".into(),
        }))
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let error = |text| serde::de::Error::custom(text);
        let pair = Beginning::<Item, 2>::deserialize(deserializer)?;
        let [Item::Number(at), value] = pair.first.as_slice() else {
            return Err(error("not a time and a value"));
        };
        let value = match value {
            Item::Number(value) => *value,
            Item::Text(text) => text.parse().map_err(|_| error("a value that is not a number"))?,
            _ => return Err(error("a value that is not a number")),
        };
        Ok(Self { at: *at, value })
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Metric;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("labels")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metric, A::Error> {
                let mut labels = Labels::new();
                while let Some(name) = map.next_key::<String>()? {
                    let Text(value) = map.next_value()?;
                    if labels.len() < LABELS_KEPT {
                        labels.insert(name, value);
                    }
                }
                Ok(Metric(labels))
            }
        }
        deserializer.deserialize_map(Names)
    }
}
