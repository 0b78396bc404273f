// arena 512
// Windows slide over an operand, and results take the place of what they have left behind.
module "windows overlap"
graph @0 "main"(
  %0 : 1x4x4x4xi8 q(0.5, 0) // at 256
) {
  %1 = const : 4x1x1x4xi8 q(0.5, 0) = splat(1)
  %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(1.0, 0) // at 240
  %3 = conv2d(%2, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(1.0, 0) // at 240 error: E0305 result %3 overlaps operand %2
  %4 = const : 4x3x3x4xi8 q(0.5, 0) = splat(1)
  %5 = conv2d(%3, %4) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(1.0, 0) // at 208
  %6 = conv2d(%5, %4) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(1.0, 0) // at 192 error: E0305 result %6 overlaps operand %5
  %7 = conv2d(%6, %4) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(1.0, 0) // at 208 error: E0305 result %7 overlaps operand %6
  %8 = relu(%7) : 1x4x4x4xi8 q(1.0, 0) // at 192
  return %8
}
