// At a padded border the constant channel is not constant; an output keeps all its channels; something must be left.
module "kept"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 3)) {
  %1 = const : 2x1x1x2xi8 q(0.01, 0) = [10, 20, 0, 0]
  %2 = const : 2xi32 = [100, 2000]
  %3 = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, -4)
  %4 = const : 1x3x3x2xi8 q(0.01, 0) = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  %5 = conv2d(%3, %4) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x1xi8 q(0.05, 0)
  %6 = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, -4)
  %7 = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x4x4x2xi8 q(0.5, -4)
  %8 = const : 1x1x1x2xi8 q(0.01, 0) = [0, 0]
  %9 = conv2d(%7, %8) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x1xi8 q(0.05, 0)
  return %5, %6, %9
}
