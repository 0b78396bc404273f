// Moving dimensions of extent 1 moves no element; the stride of one element and the dilation of one tap do not matter.
module "layout"
graph @0(%0 "x" : 1x4x1x2xi8 q(0.5, 1)) {
  %1 = transpose(%0) {perm = [1, 0, 2, 3]} : 4x1x1x2xi8 q(0.5, 1)
  %2 = transpose(%0) {perm = [0, 3, 2, 1]} : 1x2x1x4xi8 q(0.5, 1)
  %3 = reduce_max(%0) {axes = [2], keep_dims = false} : 1x4x2xi8 q(0.5, 1)
  %4 = slice(%0) {begin = [0, 1, 0, 0], size = [1, 1, 1, 2], stride = [1, 2, 3, 1]} : 1x1x1x2xi8 q(0.5, 1)
  %5 = const : 2x3x1x2xi8 q(0.5, 0) = [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6]
  %6 = conv2d(%0, %5) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 3], act = none, accumulate = centered} : 1x2x1x2xi8 q(0.5, 1)
  return %1, %2, %3, %4, %6
}
