//! What values of authorization details mean that pages have words for: dates, times, and yes or no.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::view::{ShownDate, ShownTime, ValueMeaning};

/// Returns the meaning of a truth value.
pub(super) fn of_answer(answer: bool) -> ValueMeaning {
    ValueMeaning { answer: Some(if answer { "yes" } else { "no" }), ..ValueMeaning::default() }
}

/// Returns the meaning of a text: a date, or a date with a time (RFC 3339). Nothing is converted, so a text that words could
/// not repeat, such as one with parts of a second, has no meaning here.
pub(super) fn of_text(text: &str) -> ValueMeaning {
    date_and_time(text).or_else(|| only_date(text)).unwrap_or_default()
}

fn only_date(text: &str) -> Option<ValueMeaning> {
    if text.len() != "2026-12-24".len() {
        return None;
    }
    let moment = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok()?;
    Some(ValueMeaning { date: Some(date_of(moment)), ..ValueMeaning::default() })
}

fn date_and_time(text: &str) -> Option<ValueMeaning> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let (_, clock) = text.split_at_checked("2026-12-24T".len())?;
    let (clock, offset) = clock.split_at_checked("18:00:00".len())?;
    // A leap second is read as the second before it, and -00:00 says that the difference is unknown (RFC 3339 §4.3).
    let is_unsayable = clock.ends_with(":60") || offset.starts_with('.') || offset == "-00:00";
    let offset = if offset.eq_ignore_ascii_case("z") { "" } else { offset };
    let time =
        ShownTime { clock: clock.strip_suffix(":00").unwrap_or(clock).to_owned(), offset: offset.to_owned() };
    let shown = ValueMeaning { date: Some(date_of(moment)), time: Some(time), ..ValueMeaning::default() };
    (!is_unsayable).then_some(shown)
}

fn date_of(moment: OffsetDateTime) -> ShownDate {
    ShownDate { day: moment.day(), month: moment.month().into(), year: format!("{:04}", moment.year()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_taken_apart_as_they_came() {
        let shown = |text: &str| {
            let ValueMeaning { date, time, .. } = of_text(text);
            let date = date.map(|date| format!("{}.{}.{}", date.day, date.month, date.year));
            let time = time.map(|time| format!(" {}{}", time.clock, time.offset)).unwrap_or_default();
            date.map(|date| date + &time)
        };
        for (text, expected) in [
            ("2026-12-24T18:00:00+01:00", Some("24.12.2026 18:00+01:00")),
            ("2026-12-24T23:30:05-09:30", Some("24.12.2026 23:30:05-09:30")),
            ("2026-01-02t03:04:00z", Some("2.1.2026 03:04")),
            ("2026-02-28", Some("28.2.2026")),
            ("2028-02-29", Some("29.2.2028")),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-12-24T18:00:00.5+01:00", None),
            ("2026-12-24T18:00:00-00:00", None),
            ("2026-12-31T23:59:60Z", None),
            ("2026-12-24T25:00:00Z", None),
            ("2026-12-24T18:00:00", None),
            ("2026-12-24 18:00", None),
            ("20261224", None),
            ("123.50", None),
            ("", None),
            ("\u{661}\u{661}\u{661}\u{661}\u{661}", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }
}
