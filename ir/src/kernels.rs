//! The kernels that code generators know, each once.

/// Declares [`Kernel`]: variant, C symbol, source file in `runtime-c/src`, documentation.
macro_rules! define_kernels {
    ($($(#[doc = $doc:literal])+ $name:ident = $symbol:literal in $file:literal;)*) => {
        /// A kernel of `runtime-c`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kernel { $($(#[doc = $doc])+ $name,)* }

        impl Kernel {
            /// All kernels, in table order.
            pub const ALL: &[Kernel] = &[$(Kernel::$name),*];

            /// The C function.
            pub fn symbol(self) -> &'static str {
                match self { $(Kernel::$name => $symbol,)* }
            }

            /// The file in `runtime-c/src` that defines it.
            pub fn file(self) -> &'static str {
                match self { $(Kernel::$name => $file,)* }
            }
        }
    };
}

define_kernels! {
    /// Nothing to do: the result is a view of the operand.
    View = "" in "";
    /// Control flow and access to variables: the code generator writes it out.
    Inline = "" in "";
    /// Convolution of any geometry, 8 bit.
    Conv2dS8 = "redsc_conv2d_s8" in "ref/conv2d_s8.c";
    /// Convolution of any geometry, unsigned 8 bit.
    Conv2dU8 = "redsc_conv2d_u8" in "ref/conv2d_u8.c";
    /// Convolution of any geometry, 16-bit activations, 8-bit weights.
    Conv2dS16 = "redsc_conv2d_s16" in "ref/conv2d_s16.c";
    /// Convolution of any geometry, real numbers.
    Conv2dF32 = "redsc_conv2d_f32" in "ref/conv2d_f32.c";
    /// Depthwise convolution of any geometry, 8 bit.
    DepthwiseConv2dS8 = "redsc_depthwise_conv2d_s8" in "ref/depthwise_conv2d_s8.c";
    /// Depthwise convolution of any geometry, unsigned 8 bit.
    DepthwiseConv2dU8 = "redsc_depthwise_conv2d_u8" in "ref/depthwise_conv2d_u8.c";
    /// Depthwise convolution of any geometry, 16-bit activations, 8-bit weights.
    DepthwiseConv2dS16 = "redsc_depthwise_conv2d_s16" in "ref/depthwise_conv2d_s16.c";
    /// Depthwise convolution of any geometry, real numbers.
    DepthwiseConv2dF32 = "redsc_depthwise_conv2d_f32" in "ref/depthwise_conv2d_f32.c";
    /// Transposed convolution, 8 bit.
    TransposeConv2dS8 = "redsc_transpose_conv2d_s8" in "ref/transpose_conv2d_s8.c";
    /// Transposed convolution, unsigned 8 bit.
    TransposeConv2dU8 = "redsc_transpose_conv2d_u8" in "ref/transpose_conv2d_u8.c";
    /// Transposed convolution, 16-bit activations, 8-bit weights.
    TransposeConv2dS16 = "redsc_transpose_conv2d_s16" in "ref/transpose_conv2d_s16.c";
    /// Transposed convolution, real numbers.
    TransposeConv2dF32 = "redsc_transpose_conv2d_f32" in "ref/transpose_conv2d_f32.c";
    /// Fully connected, 8 bit.
    FullyConnectedS8 = "redsc_fully_connected_s8" in "ref/fully_connected_s8.c";
    /// Fully connected, unsigned 8 bit.
    FullyConnectedU8 = "redsc_fully_connected_u8" in "ref/fully_connected_u8.c";
    /// Fully connected, 16-bit activations, 8-bit weights.
    FullyConnectedS16 = "redsc_fully_connected_s16" in "ref/fully_connected_s16.c";
    /// Fully connected, real numbers.
    FullyConnectedF32 = "redsc_fully_connected_f32" in "ref/fully_connected_f32.c";
    /// Strided copy, any element type.
    Copy = "redsc_copy" in "ref/copy.c";
    /// Memory filled with one element, any type.
    Fill = "redsc_fill" in "ref/fill.c";
    /// Low-rank recurrent filter, 8 bit with a state of 8 or 16 bit.
    SvdfS8 = "redsc_svdf_s8" in "ref/svdf_s8.c";
    /// Low-rank recurrent filter, real numbers.
    SvdfF32 = "redsc_svdf_f32" in "ref/svdf_f32.c";
    /// LSTM, 8 bit with a 16-bit cell.
    LstmS8 = "redsc_lstm_s8" in "ref/lstm_s8.c";
    /// LSTM, real numbers.
    LstmF32 = "redsc_lstm_f32" in "ref/lstm_f32.c";
}
