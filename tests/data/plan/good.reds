// arena 1024
// Everything that is allowed: in place, views, parts written where they are joined, reuse of what is dead.
module "good"
var $0 : 1x4x4x4xi8 = zeros // at 768
graph @0 "main"(
  %0 : 1x4x4x4xi8 q(0.5, 0) // at 0
) {
  %1 = relu(%0) : 1x4x4x4xi8 q(0.5, 0) // at 0
  %2 = const : 4x1x1x4xi8 q(0.1, 0) = splat(1)
  %3 = conv2d(%1, %2) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x4x4x4xi8 q(0.5, 0) // at 64 scratch 128+64
  %4 = add(%3, %1) {act = none} : 1x4x4x4xi8 q(0.5, 0) // at 64
  %5 = reshape(%4) {shape = [4, 16]} : 4x16xi8 q(0.5, 0) // at 64 view
  %6, %7 = split(%5) {axis = 0, sizes = [1, 3]} : 1x16xi8 q(0.5, 0), 3x16xi8 q(0.5, 0) // at 64 80 view
  %8 = slice(%7) {begin = [1, 0], size = [2, 16], stride = [1, 1]} : 2x16xi8 q(0.5, 0) // at 96 view
  %9 = relu(%6) : 1x16xi8 q(0.5, 0) // at 80
  %10 = concat(%9, %8) {axis = 0, act = none} : 3x16xi8 q(0.5, 0) // at 80 view
  assign_variable(%1) {variable = $0}
  return %10
}
