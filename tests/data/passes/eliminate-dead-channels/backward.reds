// The last layer ignores channel 1, so the filters that make it go, through the clamp and the depthwise layer; then the
// first layer's filter 1 goes as well.
module "backward"
graph @0(%0 "x" : 1x4x4x1xi8 q(0.5, 3)) {
  %1 "w1" = const : 3x1x1x1xi8 q(axis 0, [0.01, 0.02, 0.03], [0, 0, 0]) = [10, 20, 30]
  %2 "b1" = const : 3xi32 = [100, 200, 300]
  %3 = conv2d(%0, %1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x3xi8 q(0.05, -4)
  %4 = relu(%3) : 1x4x4x3xi8 q(0.05, -4)
  %5 "w2" = const : 1x2x2x3xi8 q(axis 3, [0.01, 0.02, 0.03], [0, 0, 0]) = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  %6 = depthwise_conv2d(%4, %5) {padding = [1, 0, 1, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x3xi8 q(0.05, -4)
  %7 "w3" = const : 2x1x1x3xi8 q(0.01, 0) = [50, 0, 70, -80, 0, 100]
  %8 = conv2d(%6, %7) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.05, 0)
  return %8
}
