//! How often the loops of each kernel turn: one formula per kernel, in the order of [`Kernel`].
//!
//! The name of a feature says what one turn is; its cost stands under that name in the laws of a target. A kernel whose
//! code differs with element types or attributes has one law for each variant.

mod dsp;
mod mve;

use redsc_ir::kernels::Kernel;

use super::Layer;

/// How often the loops of a kernel turn for one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    variant: String,
    counts: Vec<(&'static str, f64)>,
}

impl Features {
    /// The features of a kernel without variants; it is called once.
    pub(super) fn new() -> Self {
        Features::default().add("call", 1)
    }

    /// Adds what happens `count` times; nothing if that is never.
    pub(super) fn add(mut self, feature: &'static str, count: impl Count) -> Self {
        let count = count.count();
        match self.counts.iter_mut().find(|(known, _)| *known == feature) {
            _ if count == 0.0 => {}
            Some((_, total)) => *total += count,
            None => self.counts.push((feature, count)),
        }
        self
    }

    /// The name of the law of `kernel` for this variant.
    pub fn law(&self, kernel: Kernel) -> String {
        match self.variant.as_str() {
            "" => kernel.symbol().into(),
            variant => format!("{}.{variant}", kernel.symbol()),
        }
    }

    /// The features that occur, each with its count.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.counts.iter().copied()
    }
}

/// A number of turns.
pub(super) trait Count {
    /// As a real number.
    fn count(self) -> f64;
}

impl Count for usize {
    fn count(self) -> f64 {
        self as f64
    }
}

impl Count for i32 {
    fn count(self) -> f64 {
        self.into()
    }
}

impl Count for f64 {
    fn count(self) -> f64 {
        self
    }
}

/// Whether a kernel takes its constants in one packed array: how it finishes sums depends on them.
pub(super) fn takes_packed(kernel: Kernel) -> bool {
    use Kernel as K;
    matches!(
        kernel,
        K::Conv2dS8Dsp
            | K::Conv2dRowsS8Dsp
            | K::DepthwiseS8Dsp
            | K::FullyConnectedS8Dsp
            | K::Conv2dS8Mve
            | K::Conv2dRowsS8Mve
            | K::DepthwiseS8Mve
            | K::FullyConnectedS8Mve
    )
}

/// How often the loops of `kernel` turn.
///
/// # Errors
/// If the kernel has no formula, or does not run such a layer.
pub fn of(layer: &Layer, kernel: Kernel) -> Result<Features, String> {
    use Kernel as K;
    match (kernel, layer) {
        (K::Conv2dS8Dsp, Layer::Window { window, finish, .. }) => Ok(dsp::conv2d(window, *finish)),
        (K::Conv2dRowsS8Dsp, Layer::Window { window, finish, .. }) => Ok(dsp::conv2d_rows(window, *finish)),
        (K::DepthwiseS8Dsp, Layer::Window { window, finish, .. }) => Ok(dsp::depthwise(window, *finish)),
        (K::FullyConnectedS8Dsp, &Layer::Rows { rows, depth, channels, finish }) => {
            Ok(dsp::fully_connected(rows, depth, channels, finish))
        }
        (K::Conv2dS8Mve, Layer::Window { window, finish, .. }) => Ok(mve::conv2d(window, *finish)),
        (K::Conv2dRowsS8Mve, Layer::Window { window, finish, .. }) => Ok(mve::conv2d_rows(window, *finish)),
        (K::DepthwiseS8Mve, Layer::Window { window, finish, .. }) => Ok(mve::depthwise(window, *finish)),
        (K::FullyConnectedS8Mve, &Layer::Rows { rows, depth, channels, finish }) => {
            Ok(mve::fully_connected(rows, depth, channels, finish))
        }
        _ => Err(format!("there is no cost formula for the kernel `{}`", kernel.symbol())),
    }
}
