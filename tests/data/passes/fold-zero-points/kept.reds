// A sum that could leave 32 bits, real numbers, weights that are computed: all stay as they are.
module "kept"
graph @0(%0 "x" : 1x4xi8 q(0.5, 3), %1 : 1x4xf32, %2 : 2x4xi8 q(0.5, 0)) {
  %3 = const : 1x4xi8 q(0.01, 0) = [1, 2, 3, 4]
  %4 = const : 1xi32 = [2147483000]
  %5 = fully_connected(%0, %3, %4) {keep_dims = false, act = none, accumulate = centered} : 1x1xi8 q(1000.0, 0)
  %6 = const : 1x4xf32 = [1.0, 2.0, 3.0, 4.0]
  %7 = fully_connected(%1, %6) {keep_dims = false, act = none, accumulate = centered} : 1x1xf32
  %8 = fully_connected(%0, %2) {keep_dims = false, act = none, accumulate = centered} : 1x2xi8 q(0.05, 0)
  return %5, %7, %8
}
