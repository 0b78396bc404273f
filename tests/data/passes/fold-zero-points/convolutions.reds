// b − 3 · Σ w for each output channel; a depthwise filter is a column; a layer without bias gets one.
module "zero points"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 3)) {
  %1 "w" = const : 2x1x1x2xi8 q(0.01, 0) = [1, 2, -30, 40]
  %2 "b" = const : 2xi32 q(0.005, 0) = [100, -7]
  %3 = conv2d(%0, %1, %2) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x6x6x2xi8 q(0.05, -4)
  %4 = const : 1x2x2x2xi8 q(0.01, 0) = [1, 10, 2, 20, 3, 30, 4, 40]
  %5 = depthwise_conv2d(%3, %4) {padding = [0, 0, 0, 0], stride = [2, 2], dilation = [1, 1], act = none, accumulate = centered} : 1x3x3x2xi8 q(0.05, 0)
  %6 = const : 2x18xi8 q(0.01, 0) = random(seed 3)
  %7 = fully_connected(%5, %6) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, 0)
  return %7
}
