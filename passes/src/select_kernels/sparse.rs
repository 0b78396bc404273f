//! Layers whose weights have zeros: which format and kernel they get, if it pays.
//!
//! Every layer is judged by itself: by the instructions that its kernels take on the target, by the bytes of its
//! weights, or by both, and there is no threshold of sparsity. Costs are closed forms of the kernels' loops, which the
//! sources of the kernels spell out.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::params::conv::ConvParams;
use redsc_ir::params::folded::{FilterOrder, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::window::Window;
use redsc_ir::sparse::{Format, Matrix, size};
use redsc_ir::target::Feature;
use redsc_ir::{Op, Target};

use super::Choice;

mod costs;

use costs::{Instructions, Work};

/// How weights with zeros are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SparseMode {
    /// As is best for each layer.
    #[default]
    Auto,
    /// Densely.
    Off,
    /// In this format, wherever there is a kernel for it.
    Format(Format),
}

/// What matters most when weights are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// Fewest instructions.
    #[default]
    Speed,
    /// The least product of instructions and bytes.
    Balanced,
    /// Fewest bytes.
    Size,
}

/// How weights with zeros are stored, and what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SparseOptions {
    /// The formats to choose from.
    pub mode: SparseMode,
    /// What matters most.
    pub goal: Goal,
}

/// Scratch memory beyond which no layer runs on sparse weights.
const MAX_SCRATCH: usize = 24 << 10;

/// How much cheaper sparse weights must be: the costs are estimates.
const MARGIN: f64 = 0.95;

/// A layer on its way to a kernel for sparse weights.
struct Layer {
    folded: FoldedLayer,
    matrix: Matrix,
    /// The window of a convolution; a fully connected layer has none.
    window: Option<Window>,
    /// Pixels or rows of inputs that share the weights.
    pixels: usize,
}

/// The kernel and the format for a node that would run on `dense` otherwise; `None` if that is better.
pub(super) fn select(
    operands: &Operands<'_>,
    dense: Choice,
    target: &Target,
    options: &SparseOptions,
) -> Option<Choice> {
    let forced = match options.mode {
        SparseMode::Off | SparseMode::Format(Format::Dense) => return None,
        SparseMode::Auto => None,
        SparseMode::Format(format) => Some(format),
    };
    let layer = Layer::new(operands)?;
    let candidates = layer.candidates(target);
    let candidates =
        candidates.into_iter().filter(|choice| forced.is_none_or(|format| format == choice.format));
    let judged = candidates.map(|choice| (layer.judge(choice, options.goal), choice));
    let (price, best) = judged.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (forced.is_some() || price < MARGIN * layer.judge(dense, options.goal)).then_some(best)
}

impl Layer {
    fn new(operands: &Operands<'_>) -> Option<Self> {
        let result = operands.graph.ty(*operands.node.outputs.first()?);
        let (arithmetic, window, pixels) = match &operands.node.op {
            Op::Conv2d(op) => {
                let params = ConvParams::conv2d(op, operands, result).ok()?;
                let window = params.window;
                let pixels = window.batches * window.y.output * window.x.output;
                (params.filter_channels == window.in_channels).then_some((
                    params.arithmetic,
                    Some(window),
                    pixels,
                ))?
            }
            Op::FullyConnected(op) => {
                let params = FullyConnectedParams::new(op, operands, result).ok()?;
                (params.arithmetic, None, params.rows)
            }
            _ => return None,
        };
        let folded = FoldedLayer::new(operands, &arithmetic, FilterOrder::Rows)?;
        let weights = folded.filters.iter().flat_map(|filter| filter.weights.iter().copied()).collect();
        let matrix = Matrix::new(folded.filters.len(), folded.inputs(), weights)?;
        // The kernels count elements of a row and inputs of a window in 16 bits.
        let fits = matrix.columns() < 1 << 16 && matrix.rows() > 0 && pixels > 0;
        (fits && folded.fits()).then_some(Layer { folded, matrix, window, pixels })
    }

    /// All kernels and formats that serve the layer.
    fn candidates(&self, target: &Target) -> Vec<Choice> {
        let mut kernels = Vec::new();
        match &self.window {
            None => kernels.push((Kernel::FullyConnectedSparseS8, 0)),
            Some(window) => {
                let copies = if window.is_pixel() { 0 } else { self.matrix.columns() };
                kernels.push((Kernel::Conv2dSparseS8, 4 * copies));
                if target.has(Feature::Dsp) && !target.has(Feature::Mve) && self.fits_in_23_bits() {
                    kernels.push((Kernel::Conv2dSparseS8Dsp, 16 * self.matrix.columns() + 2 * copies));
                }
            }
        }
        kernels.retain(|&(_, scratch_bytes)| scratch_bytes <= MAX_SCRATCH);
        kernels
            .into_iter()
            .map(|(kernel, scratch_bytes)| Choice { kernel, scratch_bytes, format: Format::Pairs })
            .collect()
    }

    /// Whether sums without biases keep below 2^22.
    fn fits_in_23_bits(&self) -> bool {
        self.folded.filters.iter().all(|filter| filter.bound_of_products() < 1 << 22)
    }

    /// What a choice costs, in the unit of the goal.
    fn judge(&self, choice: Choice, goal: Goal) -> f64 {
        let bytes = size(&self.matrix, choice.format) as f64;
        let work = Work {
            matrix: &self.matrix,
            pixels: self.pixels,
            copied: self.window.is_some_and(|w| !w.is_pixel()),
        };
        let Instructions(instructions) = costs::instructions(choice, &work);
        match goal {
            Goal::Speed => instructions,
            Goal::Balanced => instructions * bytes,
            Goal::Size => bytes,
        }
    }
}
