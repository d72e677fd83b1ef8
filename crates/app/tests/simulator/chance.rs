//! Chance that is the same each time: everything random in a run comes from its seed.

use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use usher_app::entropy::Entropy;
use uuid::Uuid;

/// A stream of a seed. Clones go on with the same stream.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<ChaCha8Rng>>);

impl Chance {
    /// Streams of one seed know nothing of each other: what a process draws for its ids moves
    /// nothing of what agents do.
    pub fn new(seed: u64, stream: u64) -> Chance {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Chance(Arc::new(Mutex::new(rng)))
    }

    fn draw(&self, bytes: &mut [u8]) {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rng.fill_bytes(bytes);
    }

    /// A number below a limit, which is not zero.
    pub fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        self.draw(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % limit as u64).expect("below a usize")
    }

    /// Whether something happens that does once in so many times.
    pub fn one_in(&self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; none of none.
    pub fn pick<T: Clone>(&self, of: &[T]) -> Option<T> {
        match of.len() {
            0 => None,
            length => Some(of[self.below(length)].clone()),
        }
    }

    /// An index, each as often as its weight says.
    pub fn weighted(&self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        let found = weights.iter().position(|weight| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        found.expect("the weights add up")
    }

    /// A request's id.
    pub fn id(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.draw(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.draw(bytes);
    }
}
