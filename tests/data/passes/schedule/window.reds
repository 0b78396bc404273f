// A window over the past of a signal: if what reads the window runs before the window moves on, the variable, the window
// and the next contents can share one place.
module "window"
var $0 "past" : 1x8x1x16xi8 q(0.5, 0) = zeros
var $1 "other past" : 1x8x1x16xi8 q(0.5, 0) = zeros
graph @0(%0 "x" : 1x1x1x16xi8 q(0.5, 0)) {
  %1 = const : 1x9x1x16xi8 q(0.01, 0) = random(seed 1)
  %2 = read_variable() {variable = $0} : 1x8x1x16xi8 q(0.5, 0)
  %3 = concat(%2, %0) {axis = 1, act = none} : 1x9x1x16xi8 q(0.5, 0)
  %4 = slice(%3) {begin = [0, 1, 0, 0], size = [1, 8, 1, 16], stride = [1, 1, 1, 1]} : 1x8x1x16xi8 q(0.5, 0)
  assign_variable(%4) {variable = $0}
  %5 = depthwise_conv2d(%3, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x1x1x16xi8 q(0.5, 0)
  %6 = read_variable() {variable = $1} : 1x8x1x16xi8 q(0.5, 0)
  %7 = concat(%6, %5) {axis = 1, act = none} : 1x9x1x16xi8 q(0.5, 0)
  %8 = slice(%7) {begin = [0, 1, 0, 0], size = [1, 8, 1, 16], stride = [1, 1, 1, 1]} : 1x8x1x16xi8 q(0.5, 0)
  assign_variable(%8) {variable = $1}
  %9 = depthwise_conv2d(%7, %1) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x1x1x16xi8 q(0.5, 0)
  return %9
}
