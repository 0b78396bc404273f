// Each branch is large in the middle and small at its end: one after the other needs half as much as side by side.
module "branches"
graph @0(%0 "x" : 1x8x8x2xi8 q(0.5, 0)) {
  %1 = const : 16x1x1x2xi8 q(0.01, 0) = random(seed 1)
  %2 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x8x8x16xi8 q(0.5, 0)
  %3 = conv2d(%0, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x8x8x16xi8 q(0.5, 0)
  %4 = average_pool2d(%2) {padding = [0, 0, 0, 0], filter = [8, 8], stride = [8, 8], act = none} : 1x1x1x16xi8 q(0.5, 0)
  %5 = average_pool2d(%3) {padding = [0, 0, 0, 0], filter = [8, 8], stride = [8, 8], act = none} : 1x1x1x16xi8 q(0.5, 0)
  %6 = add(%4, %5) {act = none} : 1x1x1x16xi8 q(1.0, 0)
  return %6
}
