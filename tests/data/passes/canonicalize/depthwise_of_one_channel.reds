// The weights of output channel o move from column o to row o, and the axis of their scales with them.
module "first layer"
graph @0(%0 "x" : 1x5x4x1xi8 q(0.5, 1)) {
  %1 "w" = const : 1x2x2x3xi8 q(axis 3, [0.01, 0.02, 0.03], [0, 0, 0]) = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  %2 "b" = const : 3xi32 = [100, 200, -300]
  %3 = depthwise_conv2d(%0, %1, %2) {padding = [1, 0, 0, 1], stride = [2, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x3x4x3xi8 q(0.05, -128)
  return %3
}
