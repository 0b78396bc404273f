// Outputs keep their order, and so does what softmax reads.
module "kept"
graph @0(%0 "x" : 1x1xi8 q(0.5, 3)) {
  %1 = const : 2x1xi8 q(0.01, 0) = [10, 90]
  %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, -4)
  %3 = softmax(%2) {beta = 1} : 1x2xi8 q(0.00390625, -128)
  %4 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, -4)
  %5 = const : 2x2xi8 q(0.01, 0) = [10, 90, 90, 10]
  %6 = fully_connected(%4, %5) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, -4)
  return %3, %6
}
