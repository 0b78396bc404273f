// Same quantization: fused. Another scale, another reader, a clamp already there: kept.
module "clamps"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.05, 3)) {
  %1 = const : 2x1x1x2xi8 q(0.01, 0) = [90, -100, 70, 40]
  %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.07, 10)
  %3 = relu6(%2) : 1x4x4x2xi8 q(0.07, 10)
  %4 = conv2d(%3, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.07, 10)
  %5 = relu(%4) : 1x4x4x2xi8 q(0.03, -128)
  %6 = add(%3, %5) {act = none} : 1x4x4x2xi8 q(0.1, 0)
  %7 = relu(%6) : 1x4x4x2xi8 q(0.1, 0)
  %8 = average_pool2d(%7) {padding = [0, 0, 0, 0], filter = [2, 2], stride = [2, 2], act = relu} : 1x2x2x2xi8 q(0.1, 0)
  %9 = relu6(%8) : 1x2x2x2xi8 q(0.1, 0)
  return %9, %6
}
