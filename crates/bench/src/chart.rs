//! Charts of a run, as SVG: bars with their spread, drawn from `target/bench.json` alone.

use crate::Result;
use crate::report::Figure;
use std::fmt::Write;
use std::path::Path;

const WIDTH: f64 = 860.0;
const LABELS: f64 = 290.0;
const NOTES: f64 = 190.0;
const ROW: f64 = 24.0;
const TOP: f64 = 44.0;

/// What growth is measured by.
const GROWTH: [&str; 3] = ["tree_totals.", "entitlements.", "users_page."];

/// Writes `performance.svg` (rates), `performance-growth.svg` (costs) and `performance-desk.svg`
/// (the front desk's latencies and sweeps) into the folder.
pub fn write(figures: &Path, folder: &Path) -> Result<()> {
    let figures: Vec<Figure> = serde_json::from_slice(&std::fs::read(figures)?)?;
    let rates = bars_of(&figures, |figure| figure.unit == "1/s");
    let grows = |figure: &Figure| GROWTH.iter().any(|name| figure.name.starts_with(name));
    let growth = bars_of(&figures, |figure| figure.unit == "ms" && grows(figure));
    let desk = bars_of(&figures, |figure| figure.unit == "ms" && !grows(figure));
    std::fs::create_dir_all(folder)?;
    let title = "Operations per second, 64 connections (whisker: least to greatest round)";
    std::fs::write(folder.join("performance.svg"), drawn(title, &rates))?;
    let title = "One answer in milliseconds, one after the other (log scale)";
    std::fs::write(
        folder.join("performance-growth.svg"),
        drawn_log(title, &growth),
    )?;
    let title = "The front desk in milliseconds (log scale)";
    std::fs::write(folder.join("performance-desk.svg"), drawn_log(title, &desk))?;
    Ok(())
}

struct Bar<'a> {
    label: String,
    colour: &'static str,
    value: f64,
    spread: [f64; 2],
    note: String,
    figure: &'a Figure,
}

/// One bar for each name and engine; its ratios with targets stand beside it.
fn bars_of(figures: &[Figure], wanted: impl Fn(&Figure) -> bool) -> Vec<Bar<'_>> {
    let mut bars: Vec<Bar<'_>> = Vec::new();
    for figure in figures.iter().filter(|figure| wanted(figure)) {
        let known = bars
            .iter_mut()
            .find(|bar| bar.figure.name == figure.name && bar.figure.engine == figure.engine);
        let note = figure
            .target
            .zip(figure.ratio)
            .map(|(_, ratio)| format!("{ratio:.2}× (target {})", figure.shown_target()));
        match known {
            Some(bar) if bar.note.is_empty() => bar.note = note.unwrap_or_default(),
            Some(_) => {}
            None => bars.push(Bar {
                label: label(figure),
                colour: colour(figure),
                value: figure.value,
                spread: figure.spread.value,
                note: note.unwrap_or_default(),
                figure,
            }),
        }
    }
    bars
}

fn label(figure: &Figure) -> String {
    match &figure.engine {
        Some(engine) => format!("{} · {engine}", figure.name),
        None => figure.name.clone(),
    }
}

fn colour(figure: &Figure) -> &'static str {
    match figure.engine.as_deref() {
        _ if figure.name.starts_with("handwritten") => "#b0703c",
        _ if figure.name.starts_with("redis") => "#b0703c",
        Some("sqlite") => "#2f7d6b",
        Some(_) => "#2f5d9b",
        None => "#8a8f98",
    }
}

fn drawn(title: &str, bars: &[Bar<'_>]) -> String {
    let greatest = bars.iter().map(|bar| bar.spread[1]).fold(1.0, f64::max);
    svg(title, bars, |value| value / greatest)
}

/// Costs differ by powers of ten, so that a linear scale would show the greatest alone.
fn drawn_log(title: &str, bars: &[Bar<'_>]) -> String {
    const LEAST_MS: f64 = 0.05;
    let greatest = bars.iter().map(|bar| bar.spread[1]).fold(1.0, f64::max);
    let decades = (greatest / LEAST_MS).log10();
    svg(title, bars, move |value| {
        (value / LEAST_MS).log10().max(0.0) / decades
    })
}

fn svg(title: &str, bars: &[Bar<'_>], share: impl Fn(f64) -> f64) -> String {
    let height = TOP + ROW * bars.len() as f64 + 16.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"26\" font-size=\"15\" font-weight=\"bold\" fill=\"#1c2330\">{title}</text>\n"
    );
    let room = WIDTH - LABELS - NOTES;
    for (row, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let line = one(bar, y, |value| LABELS + room * share(value));
        out.push_str(&line);
    }
    out.push_str("</svg>\n");
    out
}

fn one(bar: &Bar<'_>, y: f64, x: impl Fn(f64) -> f64) -> String {
    let (end, [from, to]) = (x(bar.value), bar.spread.map(&x));
    let (text, middle) = (y + 15.0, y + 10.0);
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{text}\" text-anchor=\"end\" fill=\"#1c2330\">{}</text>\n\
         <rect x=\"{LABELS}\" y=\"{:.1}\" width=\"{:.1}\" height=\"16\" fill=\"{}\"/>\n\
         <path d=\"M{from:.1} {middle}H{to:.1}M{from:.1} {:.1}v8M{to:.1} {:.1}v8\" stroke=\"#1c2330\" fill=\"none\"/>\n\
         <text x=\"{:.1}\" y=\"{text}\" fill=\"#1c2330\">{}  {}</text>",
        LABELS - 8.0,
        bar.label,
        y + 2.0,
        (end - LABELS).max(1.0),
        bar.colour,
        middle - 4.0,
        middle - 4.0,
        to.max(end) + 6.0,
        shown(bar.value),
        bar.note,
    );
    out
}

fn shown(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_what_it_is_held_against_once() {
        let values = [10.0, 12.0, 14.0];
        let plain = || {
            Figure::plain(
                "upgrade_downgrade",
                "1/s",
                Some(crate::Engine::Sqlite),
                &values,
            )
        };
        let figures = [
            plain(),
            plain().against("floor", Some(0.3), &values, &[20.0, 20.0, 20.0]),
        ];
        let bars = bars_of(&figures, |_| true);
        assert_eq!(bars.len(), 1);
        assert_eq!(bars[0].note, "0.60× (target ≥0.3)");
        assert!(drawn("t", &bars).contains("upgrade_downgrade · sqlite"));
    }
}
