// Halves are rounded away from zero, results saturate.
module "quantize"
graph @0() {
  %0 = const : 6xf32 = [-1000.0, -0.25, 0.0, 0.25, 0.75, 1e30]
  %1 "to_i8" = quantize(%0) : 6xi8 q(0.5, 10)
  %2 "to_i16" = quantize(%0) : 6xi16 q(0.01, 0)
  %3 "to_u8" = quantize(%0) : 6xu8 q(0.5, 128)
  %4 "to_i32" = quantize(%0) : 6xi32 q(0.5, 0)
  %5 "rescaled" = quantize(%1) : 6xi8 q(0.3, 0)
  %6 "unsigned" = quantize(%1) : 6xu8 q(0.5, 138)
  %7 "widened" = quantize(%1) : 6xi16 q(0.001, 0)
  %8 "narrowed" = quantize(%2) : 6xi8 q(0.5, 0)
  %9 "from_i8" = dequantize(%1) : 6xf32
  %10 = const : 2x2xi8 q(axis 1, [0.5, 2.0], [0, 1]) = [1, 2, 3, 4]
  %11 "per_axis" = dequantize(%10) : 2x2xf32
  %12 = const : 3xf16 = [1.0, -0.5, 65504.0]
  %13 "from_f16" = dequantize(%12) : 3xf32
  %14 "f32_to_i8" = cast(%0) : 6xi8
  %15 "f32_to_bool" = cast(%0) : 6xbool
  %16 = const : 3xi32 = [300, -1, 16777217]
  %17 "i32_to_i8" = cast(%16) : 3xi8
  %18 "i32_to_f32" = cast(%16) : 3xf32
  %19 "i32_to_u64" = cast(%16) : 3xu64
  return %1, %2, %3, %4, %5, %6, %7, %8, %9, %11, %13, %14, %15, %17, %18, %19
}
