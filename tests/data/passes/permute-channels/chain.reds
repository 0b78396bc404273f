// Filters, the depthwise filters behind them and the columns that read them move together, scales and biases with them;
// a flattened image repeats the order at each position.
module "chain"
graph @0(%0 "x" : 1x2x2x1xi8 q(0.5, 3)) {
  %1 = const : 3x1x1x1xi8 q(axis 0, [0.01, 0.02, 0.03], [0, 0, 0]) = [10, 20, 30]
  %2 = const : 3xi32 = [100, 200, 300]
  %3 = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x2x2x3xi8 q(0.05, -4)
  %4 = const : 1x1x1x3xi8 q(axis 3, [0.01, 0.02, 0.03], [0, 0, 0]) = [1, 2, 3]
  %5 = depthwise_conv2d(%3, %4) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x3xi8 q(0.05, -4)
  %6 = reshape(%5) {shape = [1, 12]} : 1x12xi8 q(0.05, -4)
  %7 = const : 2x12xi8 q(0.01, 0) = [50, 0, 70, -80, 0, 100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
  %8 = fully_connected(%6, %7) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, 0)
  return %8
}
