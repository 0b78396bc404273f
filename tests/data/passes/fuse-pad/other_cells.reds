// Cells that are not real zeros, mirrored cells and channels cannot move into a convolution; explicit zeros can.
module "pads"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 3)) {
  %1 = const : 2x3x3x2xi8 q(0.01, 0) = random(seed 1)
  %2 = const : 2x3x3x4xi8 q(0.01, 0) = random(seed 2)
  %3 = const : 1xi8 q(0.5, 3) = [-128]
  %4 = const : 1xi8 q(0.5, 3) = [3]
  %5 = pad(%0, %3) {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = constant} : 1x6x6x2xi8 q(0.5, 3)
  %6 = conv2d(%5, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, 3)
  %7 = pad(%6) {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = reflect} : 1x6x6x2xi8 q(0.5, 3)
  %8 = conv2d(%7, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, 3)
  %9 = pad(%8, %4) {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = constant} : 1x6x6x2xi8 q(0.5, 3)
  %10 = conv2d(%9, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, 3)
  %11 = pad(%10) {before = [0, 0, 0, 1], after = [0, 0, 0, 1], mode = constant} : 1x4x4x4xi8 q(0.5, 3)
  %12 = conv2d(%11, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x2xi8 q(0.5, 3)
  return %12
}
