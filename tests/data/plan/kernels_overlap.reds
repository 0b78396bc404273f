// arena 512
// A kernel reads while it writes.
module "kernels overlap"
graph @0 "main"(
  %0 : 1x16xf32 // at 0
) {
  %1 = relu(%0) : 1x16xf32 // at 16 error: E0305 result %1 overlaps operand %0
  %2 = softmax(%1) {beta = 1.0} : 1x16xf32 // at 16 error: E0305 result %2 overlaps operand %1
  %3, %4 = split(%2) {axis = 1, sizes = [8, 8]} : 1x8xf32, 1x8xf32 // at 128 144 error: E0305 results %3 and %4 overlap
  %5 = relu(%4) : 1x8xf32 // at 192 scratch 160+16 error: E0305 the scratch memory overlaps %4
  %6 = quantize(%5) : 1x8xi8 q(0.5, 0) // at 192
  %7 = dequantize(%6) : 1x8xf32 // at 192 error: E0305 result %7 overlaps operand %6
  %8 = const : 4x8xf32 = splat(1.0)
  %9 = add(%7, %8) {act = none} : 4x8xf32 // at 192 error: E0305 result %9 overlaps operand %7
  return %9
}
