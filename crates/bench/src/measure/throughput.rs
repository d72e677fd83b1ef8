//! Rounds of load, interleaved: in every round each contender runs once, so that what disturbs the
//! machine for a while disturbs them all, and each ratio is of two figures taken seconds apart.

use crate::desk::Agents;
use crate::handwritten::Direct;
use crate::load::{self, Sample, Script, Span};
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
}

/// Which figure is held against which, and what the ratio should reach.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    name: &'static str,
    engine: Option<Engine>,
    against: &'static str,
    target: Option<f64>,
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
        }
    }

    /// Nothing named is any engine.
    fn is_of(&self, contender: &Contender) -> bool {
        self.name == contender.name && (self.engine.is_none() || self.engine == contender.engine)
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

    pub fn direct(name: &str, direct: Direct) -> Self {
        Self::new(name, Some(Engine::Postgres), Work::Direct(direct))
    }

    pub fn desk(name: &str, engine: Engine, agents: Agents) -> Self {
        Self::new(name, Some(engine), Work::Desk(agents))
    }

    fn new(name: &str, engine: Option<Engine>, work: Work) -> Self {
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

/// One figure for each contender that no pair names, and one for each pair whose both sides ran.
pub fn figures(contenders: &[Contender], pairs: &[Pair]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for own in contenders {
        let plain = Figure::rate(&own.name, own.engine, &own.samples);
        let before = figures.len();
        for pair in pairs {
            let other = contenders.iter().find(|other| other.name == pair.against);
            if let (true, Some(other)) = (pair.is_of(own), other) {
                let (own, other) = (rates(&own.samples), rates(&other.samples));
                figures.push(
                    plain
                        .clone()
                        .against(pair.against, pair.target, &own, &other),
                );
            }
        }
        if figures.len() == before {
            figures.push(plain);
        }
    }
    figures
}
