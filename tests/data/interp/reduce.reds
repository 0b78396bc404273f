// Reductions over any dimensions; the mean of a quantized tensor divides the factor.
module "reduce"
graph @0() {
  %0 = const : 2x3x2xi8 q(0.5, 3) = [-128, 127, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
  %1 "mean" = mean(%0) {axes = [1], keep_dims = true} : 2x1x2xi8 q(0.25, -20)
  %2 "mean_of_all" = mean(%0) {axes = [0, 1, 2], keep_dims = false} : i8 q(0.5, 3)
  %3 "mean_of_none" = mean(%0) {axes = [], keep_dims = false} : 2x3x2xi8 q(1.0, 0)
  %4 "sum" = sum(%0) {axes = [0, 2], keep_dims = false} : 3xi8 q(1.0, 0)
  %5 "reduce_max" = reduce_max(%0) {axes = [1], keep_dims = false} : 2x2xi8 q(0.5, 3)
  %6 "reduce_min" = reduce_min(%0) {axes = [2], keep_dims = true} : 2x3x1xi8 q(0.5, 3)
  %7 = const : 2x2xf32 = [1.0, 2.0, 4.0, 8.5]
  %8 "mean_f32" = mean(%7) {axes = [0], keep_dims = false} : 2xf32
  %9 "sum_f32" = sum(%7) {axes = [0, 1], keep_dims = true} : 1x1xf32
  %10 = const : 3xi64 = [-9223372036854775808, 5, 6]
  %11 "reduce_max64" = reduce_max(%10) {axes = [0], keep_dims = false} : i64
  return %1, %2, %3, %4, %5, %6, %8, %9, %11
}
