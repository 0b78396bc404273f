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
    /// Convolution, 8 bit, any geometry.
    Conv2dS8 = "redsc_conv2d_s8" in "ref/conv2d_s8.c";
    /// Depthwise convolution, 8 bit, any geometry.
    DepthwiseConv2dS8 = "redsc_depthwise_conv2d_s8" in "ref/depthwise_conv2d_s8.c";
    /// Fully connected, 8 bit.
    FullyConnectedS8 = "redsc_fully_connected_s8" in "ref/fully_connected_s8.c";
}
