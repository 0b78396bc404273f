//! The operators: one table from which the enum, the textual form, the parser and the docs derive.
//!
//! To add an operator, add a row here and follow the compiler: the rules (`ops/<family>.rs`), the meaning
//! (`interp/<family>.rs`) and every back end match on [`Op`] without wildcards.

pub mod attr;
mod check;
mod control;
mod conv;
mod elementwise;
mod index;
mod layout;
mod linear;
mod lookup;
mod normalize;
mod pool;
mod quantize;
mod recurrent;
mod reduce;

use crate::entity::{GraphId, VarId};
use crate::graph::{Graph, Module, Node};
use crate::types::{ElemType, Shape, TensorType};
pub use attr::{
    Accumulate, Activation, Attr, AttrMap, AttrValue, BinaryKind, CompareKind, PadMode, Padding, PoolKind,
    ReduceKind, ResizeKind, ScatterKind, UnaryKind,
};

/// What each operator knows about itself, apart from what it computes.
pub trait OpRules {
    /// Shapes and permitted element types of the results, or what is wrong with the operands.
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String>;

    /// Multiply-accumulate operations of one execution; `results` are the types that [`OpRules::infer`] describes.
    fn macs(&self, _operands: &Operands<'_>, _results: &[&TensorType]) -> u64 {
        0
    }
}

/// The operands of one node, as its rules see them.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    /// The module, for regions and variables.
    pub module: &'a Module,
    /// The graph of the node.
    pub graph: &'a Graph,
    /// The node.
    pub node: &'a Node,
}

/// What the rules say of one result.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Extents.
    pub shape: Shape,
    /// Element types that the result may have.
    pub elems: Vec<ElemType>,
}

/// What people should know of an operator or of a family of operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpRow {
    /// Names in the textual form; more than one for a family.
    pub mnemonics: Vec<&'static str>,
    /// What it computes from which operands.
    pub doc: &'static str,
    /// Attributes in the order of the textual form.
    pub attributes: Vec<AttrRow>,
}

/// What people should know of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttrRow {
    /// Name in the textual form.
    pub name: &'static str,
    /// Its Rust type.
    pub ty: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// Writes the attribute structs, [`Op`] and everything that lists the operators.
///
/// `Name = "mnemonic" { attribute: Type, … }` is an operator; `Name(Kind) { … }` is a family whose mnemonics are
/// the names of `Kind`.
macro_rules! define_ops {
    ($($(#[doc = $doc:literal])+ $name:ident $(= $mnemonic:literal)? $(($kind:ident))? {
        $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty,)*
    })*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name {
                $(#[doc = "Which member of the family."] pub kind: $kind,)?
                $($(#[doc = $field_doc])+ pub $field: $ty,)*
            }

            impl $name {
                fn mnemonic(&self) -> &'static str {
                    $($mnemonic)? $({ let kind: $kind = self.kind; kind.name() })?
                }

                fn attributes(&self) -> Vec<(&'static str, AttrValue)> {
                    vec![$((stringify!($field), self.$field.to_attr()),)*]
                }

                fn build(mnemonic: &str, attributes: &mut AttrMap) -> Option<Result<Self, String>> {
                    $(if mnemonic != $mnemonic { return None; })?
                    $(let kind = $kind::from_name(mnemonic)?;)?
                    let _ = mnemonic;
                    let build = |attributes: &mut AttrMap| {
                        let _ = &attributes;
                        Ok($name {
                            $(kind: { let kind: $kind = kind; kind },)?
                            $($field: attributes.take(stringify!($field))?,)*
                        })
                    };
                    Some(build(attributes))
                }

                fn mnemonics() -> Vec<&'static str> {
                    $(vec![$mnemonic])? $($kind::ALL.iter().map(|k| k.name()).collect())?
                }
            }
        )*

        /// What a node computes.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op { $($(#[doc = $doc])+ $name($name),)* }

        $(impl From<$name> for Op {
            fn from(op: $name) -> Op { Op::$name(op) }
        })*

        impl Op {
            /// The operator's name in the textual form.
            pub fn mnemonic(&self) -> &'static str {
                match self { $(Op::$name(op) => op.mnemonic(),)* }
            }

            /// Attributes in declaration order.
            pub fn attributes(&self) -> Vec<(&'static str, AttrValue)> {
                match self { $(Op::$name(op) => op.attributes(),)* }
            }

            /// The operator of that mnemonic with those attributes.
            pub fn build(mnemonic: &str, mut attributes: AttrMap) -> Result<Op, String> {
                $(if let Some(op) = $name::build(mnemonic, &mut attributes) {
                    let op = op.map_err(|e| format!("{mnemonic}: {e}"))?;
                    attributes.expect_empty().map_err(|e| format!("{mnemonic}: {e}"))?;
                    return Ok(Op::$name(op));
                })*
                Err(format!("there is no operator `{mnemonic}`"))
            }

            /// Inference and cost rules.
            pub fn rules(&self) -> &dyn OpRules {
                match self { $(Op::$name(op) => op,)* }
            }

            /// One row per operator or family, in table order.
            pub fn table() -> Vec<OpRow> {
                vec![$(OpRow {
                    mnemonics: $name::mnemonics(),
                    doc: concat!($($doc),+).trim_ascii(),
                    attributes: vec![$(AttrRow {
                        name: stringify!($field),
                        ty: stringify!($ty),
                        doc: concat!($($field_doc),+).trim_ascii(),
                    },)*],
                },)*]
            }
        }
    };
}

define_ops! {
    /// 2-D convolution of NHWC `x` with OHWI weights: `(x, w, bias?)`; grouped when `c_in` is a multiple of the
    /// weights' input channels.
    Conv2d = "conv2d" {
        /// Zeros (of the real numbers) around the input.
        padding: Padding,
        /// Steps `[y, x]`.
        stride: [usize; 2],
        /// Distance of taps `[y, x]`.
        dilation: [usize; 2],
        /// Clamp of the result.
        act: Activation,
        /// Where the input zero point is subtracted.
        accumulate: Accumulate,
    }
    /// Depthwise 2-D convolution `(x, w, bias?)` with weights `[1, kh, kw, c_out]`; output channel `o` reads input
    /// channel `o / (c_out / c_in)`.
    DepthwiseConv2d = "depthwise_conv2d" {
        /// Zeros (of the real numbers) around the input.
        padding: Padding,
        /// Steps `[y, x]`.
        stride: [usize; 2],
        /// Distance of taps `[y, x]`.
        dilation: [usize; 2],
        /// Clamp of the result.
        act: Activation,
        /// Where the input zero point is subtracted.
        accumulate: Accumulate,
    }
    /// Transposed 2-D convolution `(x, w, bias?)` with OHWI weights; `padding` is cut from the full result.
    TransposeConv2d = "transpose_conv2d" {
        /// What is cut from the full result.
        padding: Padding,
        /// Steps `[y, x]`.
        stride: [usize; 2],
        /// Height and width of the result.
        output: [usize; 2],
        /// Clamp of the result.
        act: Activation,
    }
    /// Fully connected layer `(x, w, bias?)`: the last dimension of the weights `[c_out, c_in]` is contracted with
    /// rows of `c_in` elements of `x`.
    FullyConnected = "fully_connected" {
        /// Whether the result keeps the leading dimensions of `x`; otherwise it is `[rows, c_out]`.
        keep_dims: bool,
        /// Clamp of the result.
        act: Activation,
        /// Where the input zero point is subtracted.
        accumulate: Accumulate,
    }
    /// Matrix products `(a, b)` over the last two dimensions `[rows, depth]` and `[depth, columns]`; the dimensions
    /// before them, three at most, broadcast as in NumPy.
    BatchMatmul = "batch_matmul" {
        /// Whether the matrices of `a` are stored as `[depth, rows]`.
        transpose_a: bool,
        /// Whether the matrices of `b` are stored as `[columns, depth]`.
        transpose_b: bool,
    }
    /// 2-D pooling of NHWC `x`.
    Pool2d(PoolKind) {
        /// Cells around the input that do not count.
        padding: Padding,
        /// Window `[y, x]`.
        filter: [usize; 2],
        /// Steps `[y, x]`.
        stride: [usize; 2],
        /// Clamp of the result.
        act: Activation,
    }
    /// Elementwise `(a, b)` with NumPy broadcasting.
    Binary(BinaryKind) {
        /// Clamp of the result.
        act: Activation,
    }
    /// Elementwise comparison `(a, b)` with NumPy broadcasting; the result is `bool`.
    Compare(CompareKind) {}
    /// Elementwise function of one operand.
    Unary(UnaryKind) {}
    /// `x` where positive, `alpha · x` elsewhere.
    LeakyRelu = "leaky_relu" {
        /// Slope of the negative side.
        alpha: f32,
    }
    /// Elementwise lookup `(x, table)`: `table[q]` for the 256 codes of an 8-bit `x`, in the order of the codes
    /// read as unsigned bytes.
    Lut = "lut" {}
    /// Elementwise choice `(condition, a, b)` with NumPy broadcasting: `a` where the `bool` holds, `b` elsewhere.
    Select = "select" {}
    /// Rows of `x` along `axis`, picked by integers `(x, indices)`: result dimensions are those of `x` with `axis`
    /// replaced by those of `indices`. Negative indices count from the end; what is out of range is clamped.
    Gather = "gather" {
        /// The dimension of `x` that is indexed.
        axis: usize,
    }
    /// `(x, indices, updates)`: `x` with row `indices[i]` of its first dimension combined with row `i` of `updates`, in
    /// the order of `i`. Negative indices count from the end; rows out of range are dropped.
    Scatter(ScatterKind) {}
    /// Reduction over `axes`.
    Reduce(ReduceKind) {
        /// Dimensions that are reduced, ascending.
        axes: Vec<usize>,
        /// Whether they stay as dimensions of extent 1.
        keep_dims: bool,
    }
    /// Softmax over the last dimension.
    Softmax = "softmax" {
        /// Factor of the logits.
        beta: f32,
    }
    /// Logarithm of the softmax over the last dimension.
    LogSoftmax = "log_softmax" {}
    /// Change to the quantization (or from real numbers) of the result.
    Quantize = "quantize" {}
    /// Change to real numbers.
    Dequantize = "dequantize" {}
    /// Change of the element type, number by number.
    Cast = "cast" {}
    /// The same elements under another shape.
    Reshape = "reshape" {
        /// New extents.
        shape: Vec<usize>,
    }
    /// Permutation of dimensions: result dimension `i` is operand dimension `perm[i]`.
    Transpose = "transpose" {
        /// The permutation.
        perm: Vec<usize>,
    }
    /// Padding `(x, value?)`; without `value` the real number zero.
    Pad = "pad" {
        /// Cells before each dimension.
        before: Vec<usize>,
        /// Cells after each dimension.
        after: Vec<usize>,
        /// What the cells hold.
        mode: PadMode,
    }
    /// Concatenation of any number of operands.
    Concat = "concat" {
        /// The dimension that grows.
        axis: usize,
        /// Clamp of the result.
        act: Activation,
    }
    /// Cuts `x` along `axis` into consecutive parts.
    Split = "split" {
        /// The dimension that is cut.
        axis: usize,
        /// Extent of each part.
        sizes: Vec<usize>,
    }
    /// Every `stride`-th element from `begin` on; a negative stride walks back, a stride of 0 repeats the element.
    Slice = "slice" {
        /// First index of each dimension.
        begin: Vec<usize>,
        /// Extents of the result.
        size: Vec<usize>,
        /// Step of each dimension.
        stride: Vec<i64>,
    }
    /// Change of height and width of NHWC `x`.
    Resize2d(ResizeKind) {
        /// New height and width.
        size: [usize; 2],
        /// Whether the corner samples coincide.
        align_corners: bool,
        /// Whether samples sit in the middle of their cells.
        half_pixel_centers: bool,
    }
    /// Low-rank recurrent filter `(x, feature weights, time weights, bias?)`; `state` holds
    /// `[batch, filters · memory]`.
    Svdf = "svdf" {
        /// Filters per output unit.
        rank: usize,
        /// Clamp of the result.
        act: Activation,
        /// The variable with the past activations.
        state: VarId,
    }
    /// Long short-term memory over a sequence: `(x, w_i2i, w_i2f, w_i2c, w_i2o, w_h2i, w_h2f, w_h2c, w_h2o,
    /// peephole_i, peephole_f, peephole_o, b_i, b_f, b_c, b_o, w_projection, b_projection, norm_i, norm_f, norm_c,
    /// norm_o)`; absent operands are allowed where TFLite allows them.
    Lstm = "lstm" {
        /// Whether `x` is `[time, batch, …]` rather than `[batch, time, …]`.
        time_major: bool,
        /// Activation of the cell input and output.
        act: Activation,
        /// Clamp of the cell state, 0 for none.
        cell_clip: f32,
        /// Clamp of the projection, 0 for none.
        projection_clip: f32,
        /// Scale of the hidden state before it is quantized to the output (integer LSTM).
        hidden_scale: f32,
        /// Zero point that goes with `hidden_scale`.
        hidden_zero_point: i64,
        /// The variable with the last output `[batch, units]`.
        output_state: VarId,
        /// The variable with the cell state `[batch, units]`.
        cell_state: VarId,
    }
    /// The contents of a variable.
    ReadVariable = "read_variable" {
        /// The variable.
        variable: VarId,
    }
    /// Stores the operand in a variable.
    AssignVariable = "assign_variable" {
        /// The variable.
        variable: VarId,
    }
    /// Runs a graph without operands once, before anything else, in the first invocation.
    CallOnce = "call_once" {
        /// The graph.
        graph: GraphId,
    }
    /// `(condition, operands…)`: runs one of two graphs on the operands.
    If = "if" {
        /// Taken when the condition holds.
        then_graph: GraphId,
        /// Taken otherwise.
        else_graph: GraphId,
    }
    /// `(operands…)`: runs `body` on the operands as long as `condition` holds for them.
    While = "while" {
        /// Its result is one `bool`.
        condition: GraphId,
        /// Its results are the next operands.
        body: GraphId,
    }
}

impl<'a> Operands<'a> {
    /// Number of operands, absent ones included.
    pub fn len(&self) -> usize {
        self.node.inputs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.node.inputs.is_empty()
    }

    /// Type of the `index`-th operand, if it is present.
    pub fn get(&self, index: usize) -> Option<&'a TensorType> {
        self.node.input(index).map(|id| self.graph.ty(id))
    }

    /// Type of an operand that must be present; `what` names it in the error.
    pub fn require(&self, index: usize, what: &str) -> Result<&'a TensorType, String> {
        self.get(index).ok_or_else(|| format!("operand {index} ({what}) is missing"))
    }

    /// Fails unless between `least` and `most` operands are listed.
    pub fn expect_count(&self, least: usize, most: usize) -> Result<(), String> {
        let count = self.len();
        if (least..=most).contains(&count) {
            return Ok(());
        }
        let expected = if least == most { format!("{least}") } else { format!("{least} to {most}") };
        Err(format!("takes {expected} operands, not {count}"))
    }
}

impl Inferred {
    /// A result of that shape that may have any of these element types.
    pub fn new(shape: impl Into<Shape>, elems: &[ElemType]) -> Self {
        Inferred { shape: shape.into(), elems: elems.to_vec() }
    }
}
