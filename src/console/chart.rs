//! Bars of hourly numbers, as a template draws them in SVG.

use serde::Serialize;

use crate::clock::Timestamp;

const HOUR: i64 = 3600;
/// The height of the tallest bar, in the units of the picture.
const HEIGHT: u64 = 100;

/// Bars from the oldest to the newest.
#[derive(Serialize)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// What all bars add up to.
    pub(super) sum: u64,
    most: u64,
    /// Over how long each bar adds up, in words.
    step: &'static str,
    /// The width of the picture, in which each bar with its gap is 10 wide.
    width: usize,
    bars: Vec<Bar>,
    /// The begin of the first bar.
    from: String,
}

#[derive(Serialize)]
struct Bar {
    x: usize,
    y: u64,
    height: u64,
    /// Says the time and the number.
    label: String,
}

/// How long the chart looks back, and how many hours one bar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChartSpan {
    Day,
    Week,
    Month,
}

impl ChartSpan {
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("24h", Self::Day), ("7d", Self::Week), ("30d", Self::Month)];

    /// The span that a query names; a day if it names none.
    pub(super) fn parse(text: Option<&str>) -> Self {
        let found = Self::WORDS.into_iter().find(|(word, _)| Some(*word) == text);
        found.map_or(Self::Day, |(_, span)| span)
    }

    /// The number of hours.
    pub(super) fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
        }
    }

    fn hours_of_a_bar(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 6,
            Self::Month => 24,
        }
    }

    fn step(self) -> &'static str {
        match self {
            Self::Day => "an hour",
            Self::Week => "in 6 hours",
            Self::Month => "a day",
        }
    }

    /// The begin of the first bar at `now`: a whole hour.
    pub(super) fn begin(self, now: Timestamp) -> Timestamp {
        let last = now.as_unix().div_euclid(HOUR) + 1;
        Timestamp::from_unix((last - self.hours()) * HOUR)
    }
}

impl Chart {
    /// The chart of numbers, each with the time of its hour. Numbers from outside of the span are left out.
    pub(super) fn of(
        title: &'static str,
        span: ChartSpan,
        now: Timestamp,
        counts: impl IntoIterator<Item = (Timestamp, u64)>,
    ) -> Self {
        let (begin, step) = (span.begin(now).as_unix(), span.hours_of_a_bar() * HOUR);
        let mut sums = vec![0_u64; usize::try_from(span.hours() / span.hours_of_a_bar()).unwrap_or_default()];
        for (time, count) in counts {
            let place = usize::try_from((time.as_unix() - begin).div_euclid(step)).ok();
            if let Some(sum) = place.and_then(|place| sums.get_mut(place)) {
                *sum += count;
            }
        }
        let most = sums.iter().copied().max().unwrap_or_default();
        let bar = |(place, sum): (usize, &u64)| {
            let start = begin + step * i64::try_from(place).unwrap_or_default();
            // A number that is not 0 can be seen.
            let height = if *sum == 0 { 0 } else { (*sum * HEIGHT).div_ceil(most.max(1)).max(2) };
            let from = Timestamp::from_unix(start).iso();
            Bar { x: place * 10, y: HEIGHT - height, height, label: format!("{from}: {sum}") }
        };
        Self {
            title,
            sum: sums.iter().sum(),
            most,
            step: span.step(),
            width: sums.len() * 10,
            bars: sums.iter().enumerate().map(bar).collect(),
            from: Timestamp::from_unix(begin).iso(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_added_up_in_the_bars_of_their_hours() {
        let now = Timestamp::from_unix(1000 * HOUR + 60);
        let at = |hour: i64, count| (Timestamp::from_unix(hour * HOUR + 5), count);
        let chart = Chart::of(
            "a",
            ChartSpan::Day,
            now,
            [at(1000, 3), at(1000, 1), at(977, 2), at(976, 100), at(1001, 9)],
        );
        assert_eq!((chart.sum, chart.most, chart.bars.len(), chart.width), (6, 4, 24, 240));
        let heights: Vec<u64> =
            chart.bars.iter().map(|bar| bar.height).filter(|height| *height > 0).collect();
        assert_eq!((heights, chart.bars[23].y, chart.bars[0].y), (vec![50, 100], 0, 50));
        assert_eq!(Chart::of("a", ChartSpan::Month, now, []).bars.len(), 30);
        assert_eq!(Chart::of("a", ChartSpan::Week, now, [at(999, 1)]).bars.len(), 28);
    }

    #[test]
    fn a_small_number_beside_a_large_one_can_be_seen() {
        let now = Timestamp::from_unix(1000 * HOUR);
        let at = |hour: i64, count| (Timestamp::from_unix(hour * HOUR), count);
        let chart = Chart::of("a", ChartSpan::Day, now, [at(1000, 1_000_000), at(999, 1)]);
        assert_eq!(chart.bars[22].height, 2);
    }
}
