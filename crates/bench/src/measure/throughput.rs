//! Rounds of load, interleaved: in every round each contender runs once, so that what disturbs the
//! machine for a while disturbs them all, and each ratio is of two figures taken seconds apart.

use crate::desk::Agents;
use crate::handwritten::{Direct, desk};
use crate::load::{self, Sample, Script, Span};
use crate::redis::Holders;
use crate::report::{Figure, rates};
use crate::{Engine, Result};
use std::net::SocketAddr;

/// Something that is loaded in turn with the others.
pub struct Contender {
    pub name: String,
    pub engine: Option<Engine>,
    pub work: Work,
    pub samples: Vec<Sample>,
}

pub enum Work {
    Http {
        address: SocketAddr,
        scripts: Vec<Script>,
    },
    Direct(Direct),
    Desk(Agents),
    DirectDesk(desk::Direct),
    Redis(Holders),
}

/// What of two contenders is held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Operations per second: a target is the least.
    Rate,
    /// The 99th percentile: a target is the most.
    P99,
}

/// Which figure is held against which, and what the ratio should reach.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    name: &'static str,
    engine: Option<Engine>,
    against: &'static str,
    target: Option<f64>,
    what: What,
}

impl Pair {
    pub const fn new(
        name: &'static str,
        engine: Option<Engine>,
        against: &'static str,
        target: Option<f64>,
    ) -> Self {
        Self {
            name,
            engine,
            against,
            target,
            what: What::Rate,
        }
    }

    /// Of the 99th percentiles.
    pub const fn p99(
        name: &'static str,
        engine: Option<Engine>,
        against: &'static str,
        target: Option<f64>,
    ) -> Self {
        Self {
            what: What::P99,
            ..Self::new(name, engine, against, target)
        }
    }

    /// Nothing named is any engine.
    fn is_of(&self, contender: &Contender) -> bool {
        self.name == contender.name && (self.engine.is_none() || self.engine == contender.engine)
    }

    /// What it is held against: of the same engine, or of none.
    fn other<'a>(&self, own: &Contender, all: &'a [Contender]) -> Option<&'a Contender> {
        all.iter().find(|other| {
            other.name == self.against && (other.engine.is_none() || other.engine == own.engine)
        })
    }

    fn figure(&self, own: &Contender, other: &Contender) -> Figure {
        let p99s = |contender: &Contender| -> Vec<f64> {
            let samples = contender.samples.iter();
            samples.map(|sample| sample.p99_us / 1e3).collect()
        };
        match self.what {
            What::Rate => {
                let (values, others) = (rates(&own.samples), rates(&other.samples));
                Figure::rate(&own.name, own.engine, &own.samples).against(
                    self.against,
                    self.target,
                    &values,
                    &others,
                )
            }
            What::P99 => {
                let (values, others) = (p99s(own), p99s(other));
                let name = format!("{}_p99", own.name);
                Figure::plain(&name, "ms", own.engine, &values).against(
                    &format!("{}_p99", self.against),
                    self.target,
                    &values,
                    &others,
                )
            }
        }
    }
}

impl Contender {
    pub fn http(
        name: &str,
        engine: Option<Engine>,
        address: SocketAddr,
        scripts: Vec<Script>,
    ) -> Self {
        Self::new(name, engine, Work::Http { address, scripts })
    }

    pub fn new(name: &str, engine: Option<Engine>, work: Work) -> Self {
        Self {
            name: name.into(),
            engine,
            work,
            samples: Vec::new(),
        }
    }

    async fn round(&mut self, span: Span) -> Result<Sample> {
        let sample = match &mut self.work {
            Work::Http { address, scripts } => load::http(*address, scripts, span).await,
            Work::Direct(direct) => direct.round(span).await,
            Work::Desk(agents) => agents.round(span).await,
            Work::DirectDesk(direct) => direct.round(span).await,
            Work::Redis(holders) => holders.round(span).await,
        };
        sample.map_err(|error| format!("{}: {error}", self.name).into())
    }
}

pub async fn run(contenders: &mut [Contender], rounds: usize, span: Span) -> Result<()> {
    for round in 1..=rounds {
        for contender in contenders.iter_mut() {
            let sample = contender.round(span).await?;
            eprintln!(
                "round {round}/{rounds}  {:<36} {:<9} {:>8.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms",
                contender.name,
                contender.engine.map_or("", Engine::name),
                sample.per_second,
                sample.p50_us / 1e3,
                sample.p99_us / 1e3,
            );
            contender.samples.push(sample);
        }
    }
    Ok(())
}

/// One figure for each contender that no pair of rates names, and one for each pair whose both
/// sides ran.
pub fn figures(contenders: &[Contender], pairs: &[Pair]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for own in contenders {
        let mut plain = true;
        for pair in pairs.iter().filter(|pair| pair.is_of(own)) {
            if let Some(other) = pair.other(own, contenders) {
                figures.push(pair.figure(own, other));
                plain &= pair.what != What::Rate;
            }
        }
        if plain {
            figures.push(Figure::rate(&own.name, own.engine, &own.samples));
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(name: &str, engine: Option<Engine>, per_second: f64, p99_us: f64) -> Contender {
        let work = Work::Http {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            scripts: vec![],
        };
        let mut contender = Contender::new(name, engine, work);
        contender.samples.push(Sample {
            per_second,
            p50_us: 1.0,
            p99_us,
        });
        contender
    }

    #[test]
    fn a_pair_is_of_one_engine_or_against_none() {
        let all = [
            contender("floor", None, 100.0, 1000.0),
            contender("desk", Some(Engine::Sqlite), 50.0, 2000.0),
            contender("desk", Some(Engine::Postgres), 20.0, 6000.0),
            contender("two", Some(Engine::Postgres), 10.0, 9000.0),
        ];
        let pairs = [
            Pair::new("desk", None, "floor", None),
            Pair::p99("two", None, "desk", Some(2.5)),
        ];
        let figures = figures(&all, &pairs);
        let shown: Vec<_> = figures
            .iter()
            .map(|figure| (figure.name.as_str(), figure.unit.as_str(), figure.ratio))
            .collect();
        assert_eq!(
            shown,
            [
                ("floor", "1/s", None),
                ("desk", "1/s", Some(0.5)),
                ("desk", "1/s", Some(0.2)),
                ("two_p99", "ms", Some(1.5)),
                ("two", "1/s", None),
            ]
        );
    }
}
