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

            /// Bytes behind the end of an operand that the kernel may read, without effect on its results.
            pub fn overread(self) -> usize {
                match self {
                    Kernel::Conv2dS8Mve
                    | Kernel::Conv2dNestedS8Mve
                    | Kernel::Conv2dRowsS8Mve
                    | Kernel::DepthwiseS8Mve
                    | Kernel::FullyConnectedS8Mve
                    | Kernel::Conv2dS16Mve
                    | Kernel::DepthwiseS16Dsp
                    | Kernel::DepthwiseS16Mve
                    | Kernel::LstmS8Mve
                    | Kernel::SvdfS8Mve => 16,
                    _ => 0,
                }
            }

            /// Whether its inner loops are functions that all layers share, so that a layer that knows its parameters
            /// gains little.
            pub fn has_shared_loops(self) -> bool {
                matches!(
                    self,
                    Kernel::Conv2dS8Dsp
                        | Kernel::Conv2dRowsS8Dsp
                        | Kernel::DepthwiseS8Dsp
                        | Kernel::FullyConnectedS8Dsp
                        | Kernel::Conv2dS8Mve
                        | Kernel::Conv2dRowsS8Mve
                        | Kernel::DepthwiseS8Mve
                        | Kernel::FullyConnectedS8Mve
                )
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
    /// Convolution of any geometry in one group, 8 bit, for cores without vectors.
    Conv2dTiledS8 = "redsc_conv2d_tiled_s8" in "ref/conv2d_tiled_s8.c";
    /// Depthwise convolution with depth multiplier 1, 8 bit, for cores without vectors.
    DepthwiseTiledS8 = "redsc_depthwise_tiled_s8" in "ref/depthwise_tiled_s8.c";
    /// Fully connected, 8 bit, for cores without vectors.
    FullyConnectedTiledS8 = "redsc_fully_connected_tiled_s8" in "ref/fully_connected_tiled_s8.c";
    /// Convolution of any geometry, unsigned 8 bit.
    Conv2dU8 = "redsc_conv2d_u8" in "ref/conv2d_u8.c";
    /// Convolution of any geometry, 16-bit activations, 8-bit weights.
    Conv2dS16 = "redsc_conv2d_s16" in "ref/conv2d_s16.c";
    /// Convolution in one group or fully connected, 16-bit activations, 8-bit weights, for Arm's DSP extension.
    Conv2dS16Dsp = "redsc_conv2d_s16_dsp" in "dsp/conv2d_s16_dsp.c";
    /// Convolution in one group or fully connected, 16-bit activations, 8-bit weights, for Arm's vector extension.
    Conv2dS16Mve = "redsc_conv2d_s16_mve" in "mve/conv2d_s16_mve.c";
    /// Convolution of any geometry, real numbers.
    Conv2dF32 = "redsc_conv2d_f32" in "ref/conv2d_f32.c";
    /// Convolution of any geometry in one group, real numbers, for Arm cores with an FPU.
    Conv2dF32Fpu = "redsc_conv2d_f32_fpu" in "fpu/conv2d_f32_fpu.c";
    /// Convolution of any geometry in one group, 8 bit, for Arm's DSP extension.
    Conv2dS8Dsp = "redsc_conv2d_s8_dsp" in "dsp/conv2d_s8_dsp.c";
    /// Convolution of any geometry in one group, 8 bit, for Arm's vector extension.
    Conv2dS8Mve = "redsc_conv2d_s8_mve" in "mve/conv2d_s8_mve.c";
    /// Convolution of any geometry in one group, 8 bit, for Arm's DSP extension: at one level of a nested network.
    Conv2dNestedS8Dsp = "redsc_conv2d_nested_s8_dsp" in "dsp/conv2d_nested_s8_dsp.c";
    /// Convolution of large windows in one group, kernel row by kernel row, 8 bit, for Arm's DSP extension.
    Conv2dRowsS8Dsp = "redsc_conv2d_rows_s8_dsp" in "dsp/conv2d_rows_s8_dsp.c";
    /// Convolution of any geometry in one group, 8 bit, for Arm's vector extension: at one level of a nested network.
    Conv2dNestedS8Mve = "redsc_conv2d_nested_s8_mve" in "mve/conv2d_nested_s8_mve.c";
    /// Convolution of large windows in one group, kernel row by kernel row, 8 bit, for Arm's vector extension.
    Conv2dRowsS8Mve = "redsc_conv2d_rows_s8_mve" in "mve/conv2d_rows_s8_mve.c";
    /// Convolution of any geometry in one group with sparse weights, 8 bit.
    Conv2dSparseS8 = "redsc_conv2d_sparse_s8" in "ref/conv2d_sparse_s8.c";
    /// Convolution of any geometry in one group with sparse weights, 8 bit, for Arm's DSP extension.
    Conv2dSparseS8Dsp = "redsc_conv2d_sparse_s8_dsp" in "dsp/conv2d_sparse_s8_dsp.c";
    /// Fully connected with sparse weights, 8 bit.
    FullyConnectedSparseS8 = "redsc_fully_connected_sparse_s8" in "ref/fully_connected_sparse_s8.c";
    /// Depthwise convolution with depth multiplier 1, 8 bit, for Arm's DSP extension.
    DepthwiseS8Dsp = "redsc_depthwise_s8_dsp" in "dsp/depthwise_s8_dsp.c";
    /// Depthwise convolution with depth multiplier 1, up to 3x3 taps, 8 bit, for Arm's vector extension.
    DepthwiseS8Mve = "redsc_depthwise_s8_mve" in "mve/depthwise_s8_mve.c";
    /// Fully connected, 8 bit, for Arm's vector extension.
    FullyConnectedS8Mve = "redsc_fully_connected_s8_mve" in "mve/fully_connected_s8_mve.c";
    /// Fully connected, 8 bit, for Arm's DSP extension.
    FullyConnectedS8Dsp = "redsc_fully_connected_s8_dsp" in "dsp/fully_connected_s8_dsp.c";
    /// Depthwise convolution of any geometry, 8 bit.
    DepthwiseConv2dS8 = "redsc_depthwise_conv2d_s8" in "ref/depthwise_conv2d_s8.c";
    /// Depthwise convolution of any geometry, unsigned 8 bit.
    DepthwiseConv2dU8 = "redsc_depthwise_conv2d_u8" in "ref/depthwise_conv2d_u8.c";
    /// Depthwise convolution of any geometry, 16-bit activations, 8-bit weights.
    DepthwiseConv2dS16 = "redsc_depthwise_conv2d_s16" in "ref/depthwise_conv2d_s16.c";
    /// Depthwise convolution with depth multiplier 1, 16-bit activations, 8-bit weights, for Arm's DSP extension.
    DepthwiseS16Dsp = "redsc_depthwise_s16_dsp" in "dsp/depthwise_s16_dsp.c";
    /// Depthwise convolution with depth multiplier 1, 16-bit activations, 8-bit weights, for Arm's vector extension.
    DepthwiseS16Mve = "redsc_depthwise_s16_mve" in "mve/depthwise_s16_mve.c";
    /// Depthwise convolution of any geometry, real numbers.
    DepthwiseConv2dF32 = "redsc_depthwise_conv2d_f32" in "ref/depthwise_conv2d_f32.c";
    /// Depthwise convolution with depth multiplier 1, real numbers, for Arm cores with an FPU.
    DepthwiseF32Fpu = "redsc_depthwise_f32_fpu" in "fpu/depthwise_f32_fpu.c";
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
    /// Fully connected, real numbers, for Arm cores with an FPU.
    FullyConnectedF32Fpu = "redsc_fully_connected_f32_fpu" in "fpu/fully_connected_f32_fpu.c";
    /// Matrix products, 8 bit.
    BatchMatmulS8 = "redsc_batch_matmul_s8" in "ref/batch_matmul_s8.c";
    /// Matrix products, 16 bit.
    BatchMatmulS16 = "redsc_batch_matmul_s16" in "ref/batch_matmul_s16.c";
    /// Matrix products, real numbers.
    BatchMatmulF32 = "redsc_batch_matmul_f32" in "ref/batch_matmul_f32.c";
    /// Strided copy, any element type.
    Copy = "redsc_copy" in "ref/copy.c";
    /// Memory filled with one element, any type.
    Fill = "redsc_fill" in "ref/fill.c";
    /// Low-rank recurrent filter, 8 bit with a state of 8 or 16 bit.
    SvdfS8 = "redsc_svdf_s8" in "ref/svdf_s8.c";
    /// Low-rank recurrent filter, 8 bit with a state of 8 or 16 bit, for Arm's DSP extension.
    SvdfS8Dsp = "redsc_svdf_s8_dsp" in "dsp/svdf_s8_dsp.c";
    /// Low-rank recurrent filter, 8 bit with a state of 8 or 16 bit, for Arm's vector extension.
    SvdfS8Mve = "redsc_svdf_s8_mve" in "mve/svdf_s8_mve.c";
    /// Low-rank recurrent filter, real numbers.
    SvdfF32 = "redsc_svdf_f32" in "ref/svdf_f32.c";
    /// LSTM, 8 bit with a 16-bit cell.
    LstmS8 = "redsc_lstm_s8" in "ref/lstm_s8.c";
    /// LSTM, 8 bit with a 16-bit cell, for Arm's DSP extension.
    LstmS8Dsp = "redsc_lstm_s8_dsp" in "dsp/lstm_s8_dsp.c";
    /// LSTM, 8 bit with a 16-bit cell, for Arm's vector extension.
    LstmS8Mve = "redsc_lstm_s8_mve" in "mve/lstm_s8_mve.c";
    /// LSTM, 16 bit with 8-bit weights.
    LstmS16 = "redsc_lstm_s16" in "ref/lstm_s16.c";
    /// LSTM, real numbers.
    LstmF32 = "redsc_lstm_f32" in "ref/lstm_f32.c";
    /// LSTM, real numbers, for Arm cores with an FPU.
    LstmF32Fpu = "redsc_lstm_f32_fpu" in "fpu/lstm_f32_fpu.c";
    /// Average pooling of codes.
    AveragePool2d = "redsc_average_pool2d" in "ref/average_pool2d.c";
    /// Average pooling of real numbers.
    AveragePool2dF32 = "redsc_average_pool2d_f32" in "ref/average_pool2d_f32.c";
    /// Max pooling of codes.
    MaxPool2d = "redsc_max_pool2d" in "ref/max_pool2d.c";
    /// Max pooling of real numbers.
    MaxPool2dF32 = "redsc_max_pool2d_f32" in "ref/max_pool2d_f32.c";
    /// Elementwise choice, any element type.
    Select = "redsc_select" in "ref/select.c";
    /// Rows by number, any element type.
    Gather = "redsc_gather" in "ref/gather.c";
    /// Rows stored by number, any element type.
    Scatter = "redsc_scatter" in "ref/scatter.c";
    /// Rows combined by number, integers.
    ScatterCombine = "redsc_scatter_combine" in "ref/scatter_combine.c";
    /// Rows combined by number, real numbers.
    ScatterCombineF32 = "redsc_scatter_combine_f32" in "ref/scatter_combine_f32.c";
    /// Sum or product of plain integers.
    ReduceInt = "redsc_reduce_int" in "ref/reduce_int.c";
    /// Product of real numbers.
    ReduceProductF32 = "redsc_reduce_product_f32" in "ref/reduce_product_f32.c";
    /// Quantized sum, difference, squared difference.
    Sum = "redsc_sum" in "ref/sum.c";
    /// Quantized sum, difference, squared difference, 8 bit, for Arm's vector extension.
    SumS8Mve = "redsc_sum_s8_mve" in "mve/sum_s8_mve.c";
    /// Quantized product, 8 bit, for Arm's vector extension.
    ProductS8Mve = "redsc_product_s8_mve" in "mve/product_s8_mve.c";
    /// The larger or smaller of two codes, 8 bit, for Arm's vector extension.
    ExtremumS8Mve = "redsc_extremum_s8_mve" in "mve/extremum_s8_mve.c";
    /// Quantized product.
    Product = "redsc_product" in "ref/product.c";
    /// Quantized quotient.
    Quotient = "redsc_quotient" in "ref/quotient.c";
    /// The larger or smaller of two codes.
    Extremum = "redsc_extremum" in "ref/extremum.c";
    /// Arithmetic of plain integers.
    BinaryInt = "redsc_binary_int" in "ref/binary_int.c";
    /// Arithmetic of real numbers.
    BinaryF32 = "redsc_binary_f32" in "ref/binary_f32.c";
    /// Comparison of codes.
    CompareCodes = "redsc_compare_codes" in "ref/compare_codes.c";
    /// Comparison of plain integers.
    CompareInt = "redsc_compare_int" in "ref/compare_int.c";
    /// Comparison of real numbers.
    CompareF32 = "redsc_compare_f32" in "ref/compare_f32.c";
    /// Change of scale, zero point and integer type.
    Rescale = "redsc_rescale" in "ref/rescale.c";
    /// Inverse square root of codes.
    Rsqrt = "redsc_rsqrt" in "ref/rsqrt.c";
    /// Logistic function or tanh of 16-bit codes.
    SigmoidS16 = "redsc_sigmoid_s16" in "ref/sigmoid_s16.c";
    /// Logistic function or tanh of 16-bit codes, for Arm's DSP extension.
    SigmoidS16Dsp = "redsc_sigmoid_s16_dsp" in "dsp/sigmoid_s16_dsp.c";
    /// Logistic function or tanh of 16-bit codes, for Arm's vector extension.
    SigmoidS16Mve = "redsc_sigmoid_s16_mve" in "mve/sigmoid_s16_mve.c";
    /// Functions of real numbers.
    UnaryF32 = "redsc_unary_f32" in "ref/unary_f32.c";
    /// Functions of plain integers.
    UnaryS32 = "redsc_unary_s32" in "ref/unary_s32.c";
    /// Leaky clamp of codes.
    LeakyRelu = "redsc_leaky_relu" in "ref/leaky_relu.c";
    /// Leaky clamp of real numbers.
    LeakyReluF32 = "redsc_leaky_relu_f32" in "ref/leaky_relu_f32.c";
    /// Table lookup of bytes.
    Lut = "redsc_lut" in "ref/lut.c";
    /// Sum or mean of codes.
    ReduceSum = "redsc_reduce_sum" in "ref/reduce_sum.c";
    /// Sum or mean of real numbers.
    ReduceSumF32 = "redsc_reduce_sum_f32" in "ref/reduce_sum_f32.c";
    /// Largest or smallest integer.
    ReduceExtremum = "redsc_reduce_extremum" in "ref/reduce_extremum.c";
    /// Largest or smallest real number.
    ReduceExtremumF32 = "redsc_reduce_extremum_f32" in "ref/reduce_extremum_f32.c";
    /// Softmax of bytes.
    Softmax = "redsc_softmax" in "ref/softmax.c";
    /// Softmax of 16-bit codes.
    SoftmaxS16 = "redsc_softmax_s16" in "ref/softmax_s16.c";
    /// Softmax of real numbers.
    SoftmaxF32 = "redsc_softmax_f32" in "ref/softmax_f32.c";
    /// Logarithm of the softmax of bytes.
    LogSoftmaxS8 = "redsc_log_softmax_s8" in "ref/log_softmax_s8.c";
    /// Logarithm of the softmax of real numbers.
    LogSoftmaxF32 = "redsc_log_softmax_f32" in "ref/log_softmax_f32.c";
    /// Real numbers to codes.
    Quantize = "redsc_quantize" in "ref/quantize.c";
    /// Codes to real numbers.
    Dequantize = "redsc_dequantize" in "ref/dequantize.c";
    /// Codes with one scale for each index of a dimension to real numbers.
    DequantizeAxis = "redsc_dequantize_axis" in "ref/dequantize_axis.c";
    /// Half precision to single precision.
    DequantizeF16 = "redsc_dequantize_f16" in "ref/dequantize_f16.c";
    /// Change of the element type, number by number.
    Cast = "redsc_cast" in "ref/cast.c";
    /// Change of height and width to the nearest sample.
    ResizeNearest = "redsc_resize_nearest" in "ref/resize_nearest.c";
    /// Change of height and width between codes.
    ResizeBilinear = "redsc_resize_bilinear" in "ref/resize_bilinear.c";
    /// Change of height and width between real numbers.
    ResizeBilinearF32 = "redsc_resize_bilinear_f32" in "ref/resize_bilinear_f32.c";
}
