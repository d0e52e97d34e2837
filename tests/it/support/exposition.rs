//! Prometheus' text format (version 0.0.4), read strictly: anything that the format does not allow fails the test.

use std::collections::BTreeMap;

/// The metrics of a server, by family.
#[derive(Debug)]
pub(crate) struct Exposition(BTreeMap<String, Family>);

#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: BTreeMap<Labels, f64>,
}

type Labels = BTreeMap<String, String>;

impl Exposition {
    /// Reads families one after the other: HELP, TYPE, then each sample once.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let mut families = BTreeMap::new();
        let mut open: Option<(String, Family)> = None;
        assert!(text.ends_with('\n'), "the last line ends, too: {text}");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').expect("a name and a sentence");
                assert!(is_name(name) && !sentence.is_empty(), "{line}");
                close(&mut families, open.replace((name.to_owned(), Family::default())));
                continue;
            }
            let (name, family) = open.as_mut().unwrap_or_else(|| panic!("HELP comes first: {line}"));
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let kind = kind.strip_prefix(&format!("{name} ")).unwrap_or_else(|| panic!("{line}"));
                assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "as such names are: {line}");
                assert!(family.kind.is_empty() && family.samples.is_empty(), "TYPE comes second: {line}");
                kind.clone_into(&mut family.kind);
                continue;
            }
            let rest = line.strip_prefix(name.as_str()).unwrap_or_else(|| panic!("not of {name}: {line}"));
            let (labels, value) = match family.kind.as_str() {
                "histogram" => sample_of_a_histogram(rest),
                _ => sample(rest),
            };
            assert!(!family.kind.is_empty() && value.is_finite() && value >= 0.0, "{line}");
            assert_eq!(family.samples.insert(labels, value), None, "told twice: {line}");
        }
        close(&mut families, open);
        Self(families)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// The single value of a family without labels; `None` if the family is missing.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        let samples = &self.0.get(name)?.samples;
        assert_eq!(samples.len(), 1, "{samples:?}");
        Some(*samples.get(&Labels::new()).expect("a sample without labels"))
    }

    /// The value of a family with exactly these labels; 0 if there is none, as in a sum.
    pub(crate) fn with(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.0.get(name).and_then(|family| family.samples.get::<Labels>(&labels)).copied().unwrap_or_default()
    }

    /// The values of a family by its single label.
    #[track_caller]
    pub(crate) fn by(&self, label: &str, name: &str) -> BTreeMap<String, f64> {
        let family = self.0.get(name).unwrap_or_else(|| panic!("{name} is told: {:?}", self.names()));
        let of = |labels: &Labels| match labels.iter().collect::<Vec<_>>().as_slice() {
            [(only, value)] if *only == label => (*value).clone(),
            _ => panic!("{name} has the label {label} alone: {labels:?}"),
        };
        family.samples.iter().map(|(labels, value)| (of(labels), *value)).collect()
    }
}

/// A sample of a histogram. Its part (`bucket`, `sum` or `count`) becomes one more label.
#[track_caller]
fn sample_of_a_histogram(text: &str) -> (Labels, f64) {
    let (part, rest) = text.strip_prefix('_').unwrap_or_default().split_at(text.find('{').unwrap_or(1) - 1);
    assert!(["bucket", "sum", "count"].contains(&part), "{text}");
    let (mut labels, value) = sample(rest);
    assert_eq!(labels.contains_key("le"), part == "bucket", "{text}");
    labels.insert("part".to_owned(), part.to_owned());
    (labels, value)
}

#[track_caller]
fn close(families: &mut BTreeMap<String, Family>, open: Option<(String, Family)>) {
    let Some((name, family)) = open else { return };
    assert!(!family.samples.is_empty(), "{name} has samples");
    assert!(families.insert(name.clone(), family).is_none(), "{name} is in one place");
}

/// Reads `{label="value",…} value`, where the labels are optional.
#[track_caller]
fn sample(text: &str) -> (Labels, f64) {
    let mut labels = Labels::new();
    let mut rest = text;
    if let Some(mut inside) = text.strip_prefix('{') {
        loop {
            let (name, value) = inside.split_once("=\"").expect("a label");
            assert!(is_name(name) && !name.contains(':'), "{text}");
            let (value, behind) = quoted(value);
            assert_eq!(labels.insert(name.to_owned(), value), None, "{text}");
            match behind.strip_prefix(',') {
                Some(more) => inside = more,
                None => break rest = behind.strip_prefix('}').expect("an end"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("a space before the value");
    (labels, value.parse().unwrap_or_else(|_| panic!("no number: {text}")))
}

/// Reads a label's value, with its escapes resolved. Returns it with the rest after the closing quotation mark.
#[track_caller]
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match characters.next() {
                Some((_, 'n')) => '\n',
                Some((_, escaped @ ('\\' | '"'))) => escaped,
                _ => panic!("no escape: {text}"),
            }),
            _ => value.push(character),
        }
    }
    panic!("the value does not end: {text}");
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.chars().all(is_part) && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
}
