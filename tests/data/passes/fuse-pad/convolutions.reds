// Both readers take the padding over; the second pad has another reader and stays for it.
module "pads"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 3)) {
  %1 = const : 2x3x3x2xi8 q(0.01, 0) = random(seed 1)
  %2 = const : 1x3x3x2xi8 q(0.01, 0) = random(seed 2)
  %3 = pad(%0) {before = [0, 1, 2, 0], after = [0, 1, 0, 0], mode = constant} : 1x6x6x2xi8 q(0.5, 3)
  %4 = conv2d(%3, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, 3)
  %5 = depthwise_conv2d(%3, %2) {padding = [0, 0, 0, 1], stride = [2, 2], dilation = [1, 1], act = none, accumulate = centered} : 1x2x3x2xi8 q(0.5, 3)
  %6 = pad(%4) {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = constant} : 1x6x6x2xi8 q(0.5, 3)
  %7 = conv2d(%6, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x2xi8 q(0.5, 3)
  %8 = max_pool2d(%6) {padding = [0, 0, 0, 0], filter = [2, 2], stride = [2, 2], act = none} : 1x3x3x2xi8 q(0.5, 3)
  return %5, %7, %8
}
