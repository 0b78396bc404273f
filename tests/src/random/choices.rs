//! Where random decisions come from: a list of numbers, or a seed.

/// A supply of decisions. An exhausted list supplies zeros, and zero is always the simplest decision.
#[derive(Clone, Debug)]
pub struct Choices(Supply);

#[derive(Clone, Debug)]
enum Supply {
    List(std::vec::IntoIter<u32>),
    Seed(u64),
}

impl Choices {
    /// Decisions from a list, as a shrinking test makes it.
    pub fn from_list(numbers: Vec<u32>) -> Self {
        Choices(Supply::List(numbers.into_iter()))
    }

    /// Endless decisions from a seed.
    pub fn from_seed(seed: u64) -> Self {
        Choices(Supply::Seed(seed))
    }

    /// The next number.
    pub fn number(&mut self) -> u32 {
        match &mut self.0 {
            Supply::List(numbers) => numbers.next().unwrap_or(0),
            Supply::Seed(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                (z >> 32) as u32
            }
        }
    }

    /// A number in `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.number() as usize % count.max(1)
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred cases, and never if the numbers are zero.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of the items, the first if the numbers are zero.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.number()) / (f64::from(u32::MAX) + 1.0)
    }
}
