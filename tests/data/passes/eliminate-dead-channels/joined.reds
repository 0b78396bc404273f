// Channels move when they are joined, cut and added; both operands of the sum and the constant lose the same ones.
module "joined"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 3)) {
  %1 = const : 2x1x1x2xi8 q(0.01, 0) = [10, 20, -30, 40]
  %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, -4)
  %3 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x4x4x2xi8 q(0.5, -4)
  %4 = concat(%2, %3) {axis = 3, act = none} : 1x4x4x4xi8 q(0.5, -4)
  %5 = slice(%4) {begin = [0, 0, 0, 1], size = [1, 4, 4, 3], stride = [1, 1, 1, 1]} : 1x4x4x3xi8 q(0.5, -4)
  %6 = const : 3xi8 q(0.1, 0) = [10, 20, 30]
  %7 = add(%5, %6) {act = none} : 1x4x4x3xi8 q(0.5, -4)
  %8 = const : 1x1x1x3xi8 q(0.01, 0) = [50, 0, 70]
  %9 = conv2d(%7, %8) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x1xi8 q(0.05, 0)
  return %9
}
