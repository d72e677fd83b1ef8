//! Figures: medians over rounds with their spread, printed as a table and written as JSON.

use crate::load::Sample;
use crate::{Engine, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One figure, as it stands in `target/bench.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    pub name: String,
    /// The median over the rounds.
    pub value: f64,
    pub unit: String,
    /// The figure that this one is held against.
    pub against: Option<String>,
    /// The median of each round's own ratio.
    pub ratio: Option<f64>,
    /// What the ratio should reach.
    pub target: Option<f64>,
    pub engine: Option<String>,
    pub spread: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// Least and greatest over the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spread {
    pub value: [f64; 2],
    pub ratio: Option<[f64; 2]>,
    pub rounds: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Figure {
    /// A rate that is held against nothing.
    pub fn rate(name: &str, engine: Option<Engine>, samples: &[Sample]) -> Self {
        let values: Vec<f64> = samples.iter().map(|sample| sample.per_second).collect();
        let of = |part: fn(&Sample) -> f64| median(&samples.iter().map(part).collect::<Vec<_>>());
        let mut figure = Self::plain(name, "1/s", engine, &values);
        figure.latency = Some(Latency {
            p50_ms: rounded(of(|sample| sample.p50_us) / 1e3),
            p99_ms: rounded(of(|sample| sample.p99_us) / 1e3),
        });
        figure
    }

    pub fn plain(name: &str, unit: &str, engine: Option<Engine>, values: &[f64]) -> Self {
        Self {
            name: name.into(),
            value: rounded(median(values)),
            unit: unit.into(),
            against: None,
            ratio: None,
            target: None,
            engine: engine.map(|engine| engine.name().into()),
            spread: Spread {
                value: range(values),
                ratio: None,
                rounds: values.len(),
            },
            latency: None,
        }
    }

    /// Holds this figure's rounds against another's, round by round.
    pub fn against(mut self, name: &str, target: Option<f64>, own: &[f64], other: &[f64]) -> Self {
        let ratios: Vec<f64> = own
            .iter()
            .zip(other)
            .map(|(own, other)| own / other)
            .collect();
        self.against = Some(name.into());
        self.ratio = Some(rounded(median(&ratios)));
        self.spread.ratio = Some(range(&ratios));
        self.target = target;
        self
    }

    /// Of a cost, the target is the most that it may be; of a rate, the least.
    fn is_cost(&self) -> bool {
        self.unit != "1/s"
    }

    pub fn shown_target(&self) -> String {
        let sign = if self.is_cost() { '≤' } else { '≥' };
        self.target
            .map(|target| format!("{sign}{target}"))
            .unwrap_or_default()
    }

    fn verdict(&self) -> &'static str {
        match (self.ratio, self.target) {
            (Some(ratio), Some(target)) if self.is_cost() && ratio <= target => "met",
            (Some(ratio), Some(target)) if !self.is_cost() && ratio >= target => "met",
            (Some(_), Some(_)) => "MISSED",
            _ => "",
        }
    }
}

pub fn rates(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.per_second).collect()
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

fn range(values: &[f64]) -> [f64; 2] {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [rounded(least), rounded(greatest)]
}

/// Four digits at least: nobody reads more from a measurement.
fn rounded(value: f64) -> f64 {
    if value.abs() >= 1000.0 {
        value.round()
    } else {
        (value * 1000.0).round() / 1000.0
    }
}

pub fn print(figures: &[Figure]) {
    println!(
        "\n{:<38} {:<9} {:>10} {:<5} {:>19}  {:>7} {:>15} {:>6}  against",
        "name", "engine", "value", "unit", "min–max", "ratio", "min–max", "target"
    );
    for figure in figures {
        let [least, greatest] = figure.spread.value;
        let ratios = figure
            .spread
            .ratio
            .map(|[from, to]| format!("{from:.2}–{to:.2}"));
        println!(
            "{:<38} {:<9} {:>10} {:<5} {:>19}  {:>7} {:>15} {:>6}  {} {}",
            figure.name,
            figure.engine.as_deref().unwrap_or(""),
            figure.value,
            figure.unit,
            format!("{least}–{greatest}"),
            figure
                .ratio
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
            ratios.unwrap_or_default(),
            figure.shown_target(),
            figure.against.as_deref().unwrap_or(""),
            figure.verdict(),
        );
        if let Some(latency) = &figure.latency {
            println!(
                "{:<38} p50 {} ms, p99 {} ms",
                "", latency.p50_ms, latency.p99_ms
            );
        }
    }
}

pub fn write(path: &Path, figures: &[Figure]) -> Result<()> {
    std::fs::write(path, serde_json::to_string_pretty(figures)? + "\n")?;
    println!("\nwritten to {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let own = [10.0, 40.0, 30.0];
        let other = [20.0, 20.0, 20.0];
        let figure =
            Figure::plain("x", "1/s", None, &own).against("floor", Some(1.5), &own, &other);
        assert_eq!(figure.ratio, Some(1.5));
        assert_eq!(figure.spread.ratio, Some([0.5, 2.0]));
        assert_eq!(figure.verdict(), "met");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }
}
