// The clamps of real numbers are the same by definition.
module "float"
graph @0(%0 "x" : 1x4xf32) {
  %1 = const : 3x4xf32 = [1.0, -1.0, 2.0, 0.5, 0.25, 1.5, -2.0, 3.0, -1.0, -1.0, 1.0, 1.0]
  %2 = fully_connected(%0, %1) {keep_dims = false, act = none, accumulate = centered} : 1x3xf32
  %3 = relu_n1_to_1(%2) : 1x3xf32
  return %3
}
