//! What it costs to render each page in each state, in this process: the CPU time of the page itself, without HTTP.

use std::time::{Duration, Instant};

use grantor::face::assets::Assets;
use grantor::face::language::Language;
use grantor::face::preview;
use grantor::face::templates::{Reader, Templates};
use grantor::face::theme::OperatorTheme;

use crate::{Options, Outcome};

const ISSUER: &str = "https://id.example.com";

/// The most that a page may cost.
const TARGET: Duration = Duration::from_micros(150);

/// How many times a page is rendered in a batch, and how many batches there are. The fastest batch counts: the others
/// waited for other programs.
const IN_A_BATCH: u32 = 20;
const BATCHES: u32 = 20;

pub(crate) fn measure(options: &Options) -> Outcome<()> {
    if !options.wants("pages") {
        return Ok(());
    }
    let theme = OperatorTheme::unchanged(ISSUER);
    let templates = Templates::new(ISSUER, &Assets::new(&theme.brand), &theme)?;
    let mut costs = Vec::new();
    for language in [Language::English, Language::German, Language::Japanese, Language::Arabic] {
        for state in preview::all(ISSUER) {
            let reader = Reader { language, here: Some("/authorize/sign-in?flow=made-up") };
            let mut fastest = Duration::MAX;
            for _ in 0..BATCHES {
                let began = Instant::now();
                for _ in 0..IN_A_BATCH {
                    templates.render(reader, state.view.as_ref())?;
                }
                fastest = fastest.min(began.elapsed() / IN_A_BATCH);
            }
            costs.push((fastest, format!("{}/{} in {}", state.page, state.name, language.tag())));
        }
    }
    costs.sort();
    let median = costs.get(costs.len() / 2).map_or(Duration::ZERO, |(cost, _)| *cost);
    println!("\npages: {} rendered, the median costs {median:?}; the most expensive ones:", costs.len());
    for (cost, page) in costs.iter().rev().take(5) {
        println!("  {page}: {cost:?} (target: at most {TARGET:?})");
    }
    Ok(())
}
