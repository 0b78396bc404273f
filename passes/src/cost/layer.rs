//! What the cost of a node depends on: extents, types and the variant of the kernel, but not weights.

use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::params::conv::{ConvParams, TransposeConvParams};
use redsc_ir::params::folded::{FilterOrder, Finish, FoldedLayer};
use redsc_ir::params::linear::FullyConnectedParams;
use redsc_ir::params::mac::MacArithmetic;
use redsc_ir::params::pool::PoolParams;
use redsc_ir::params::window::Window;
use redsc_ir::{ElemType, Op, TensorType};

/// A node without its constants.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// A window slides over images: convolutions and pools.
    Window {
        /// Its geometry, with the channels.
        window: Window,
        /// Input channels of one filter: all of them, fewer in a grouped and 1 in a depthwise convolution.
        filter_channels: usize,
        /// How sums become results, for kernels that take packed constants; others ignore it.
        finish: Finish,
        /// Element type of the input.
        elem: ElemType,
    },
    /// A fully connected layer.
    Rows {
        /// Number of input vectors.
        rows: usize,
        /// Inputs of each.
        depth: usize,
        /// Outputs of each.
        channels: usize,
        /// As for windows.
        finish: Finish,
    },
    /// Any other operator.
    Other {
        /// The operator.
        op: Op,
        /// Types of the operands; absent ones are `None`.
        inputs: Vec<Option<TensorType>>,
        /// Types of the results.
        outputs: Vec<TensorType>,
    },
}

impl Layer {
    /// The description of a node that `kernel` runs.
    ///
    /// # Errors
    /// If the node breaks the rules of its operator.
    pub fn of(operands: &Operands<'_>, kernel: Kernel) -> Result<Self, String> {
        let result = operands.node.outputs.first().map(|&id| operands.graph.ty(id));
        let result = || result.ok_or("a result is missing");
        let elem = operands.get(0).map_or(ElemType::I8, |ty| ty.elem);
        match &operands.node.op {
            Op::Conv2d(op) => {
                let params = ConvParams::conv2d(op, operands, result()?)?;
                Ok(convolution(
                    &params,
                    elem,
                    finish(operands, &params.arithmetic, FilterOrder::Rows, kernel),
                ))
            }
            Op::DepthwiseConv2d(op) => {
                let params = ConvParams::depthwise(op, operands, result()?)?;
                Ok(convolution(
                    &params,
                    elem,
                    finish(operands, &params.arithmetic, FilterOrder::Columns, kernel),
                ))
            }
            Op::TransposeConv2d(op) => {
                let window = TransposeConvParams::new(op, operands, result()?)?.window;
                Ok(Layer::Window {
                    window,
                    filter_channels: window.out_channels,
                    finish: Finish::General,
                    elem,
                })
            }
            Op::Pool2d(op) => {
                let window = PoolParams::new(op, operands, result()?)?.window;
                Ok(Layer::Window { window, filter_channels: 1, finish: Finish::General, elem })
            }
            Op::FullyConnected(op) => {
                let params = FullyConnectedParams::new(op, operands, result()?)?;
                let finish = finish(operands, &params.arithmetic, FilterOrder::Rows, kernel);
                Ok(Layer::Rows { rows: params.rows, depth: params.depth, channels: params.channels, finish })
            }
            op => Ok(Layer::Other {
                op: op.clone(),
                inputs: (0..operands.len()).map(|i| operands.get(i).cloned()).collect(),
                outputs: operands.node.outputs.iter().map(|&id| operands.graph.ty(id).clone()).collect(),
            }),
        }
    }

    /// The same layer with other numbers of channels. Layers that keep their channels (depthwise, pools, elementwise)
    /// take `inputs`, in the last dimension of all operands and results that have the extent of the first operand's.
    pub fn with_channels(&self, inputs: usize, outputs: usize) -> Layer {
        let mut layer = self.clone();
        match &mut layer {
            Layer::Window { window, filter_channels, .. } => {
                let dense = *filter_channels == window.in_channels && *filter_channels > 1;
                if dense {
                    *filter_channels = inputs;
                }
                let multiplier = window.out_channels / window.in_channels.max(1);
                window.out_channels = if *filter_channels == 1 && !dense && window.in_channels > 1 {
                    inputs * multiplier
                } else {
                    outputs
                };
                window.in_channels = inputs;
            }
            Layer::Rows { depth, channels, .. } => (*depth, *channels) = (inputs, outputs),
            Layer::Other { inputs: types, outputs: results, .. } => {
                let last = |ty: &TensorType| ty.shape.last().copied();
                let old = types.first().and_then(|ty| last(ty.as_ref()?));
                for ty in types.iter_mut().flatten().chain(results) {
                    if let Some(extent) = ty.shape.0.last_mut().filter(|extent| Some(**extent) == old) {
                        *extent = inputs;
                    }
                }
            }
        }
        layer
    }
}

fn convolution(params: &ConvParams, elem: ElemType, finish: Finish) -> Layer {
    Layer::Window { window: params.window, filter_channels: params.filter_channels, finish, elem }
}

/// How sums become results; only kernels that take packed constants ask for it.
fn finish(operands: &Operands<'_>, arithmetic: &MacArithmetic, order: FilterOrder, kernel: Kernel) -> Finish {
    if !super::features::takes_packed(kernel) {
        return Finish::General;
    }
    FoldedLayer::new(operands, arithmetic, order).map_or(Finish::General, |layer| layer.finish())
}
