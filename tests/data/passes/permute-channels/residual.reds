// Both operands of the sum and all that reads it have one order; the parts of the joined value keep their places.
module "residual"
graph @0(%0 "x" : 1x2x2x1xi8 q(0.5, 3)) {
  %1 = const : 2x1x1x1xi8 q(0.01, 0) = [10, 90]
  %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x2xi8 q(0.05, -4)
  %3 = const : 2x1x1x2xi8 q(0.01, 0) = [10, 20, -30, 40]
  %4 = conv2d(%2, %3) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x2xi8 q(0.05, -4)
  %5 = add(%2, %4) {act = none} : 1x2x2x2xi8 q(0.1, 0)
  %6 = const : 2xi8 q(0.1, 0) = [1, 100]
  %7 = add(%5, %6) {act = none} : 1x2x2x2xi8 q(0.1, 0)
  %8 = const : 3x1x1x1xi8 q(0.01, 0) = [1, 3, 2]
  %9 = conv2d(%0, %8) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x3xi8 q(0.1, 0)
  %10 = concat(%7, %9) {axis = 3, act = none} : 1x2x2x5xi8 q(0.1, 0)
  %11 = const : 1x1x1x5xi8 q(0.01, 0) = [1, 2, 3, 4, 5]
  %12 = conv2d(%10, %11) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = raw} : 1x2x2x1xi8 q(0.1, 0)
  return %12
}
