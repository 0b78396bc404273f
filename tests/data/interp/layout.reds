// Elements move, their codes stay.
module "layout"
graph @0() {
  %0 = const : 2x3xi16 q(0.1, 7) = [1, 2, 3, 4, 5, 6]
  %1 "reshape" = reshape(%0) {shape = [3, 2]} : 3x2xi16 q(0.1, 7)
  %2 "transpose" = transpose(%0) {perm = [1, 0]} : 3x2xi16 q(0.1, 7)
  %3 "pad" = pad(%0) {before = [1, 0], after = [0, 2], mode = constant} : 3x5xi16 q(0.1, 7)
  %4 = const : i16 = [-9]
  %5 "pad_with" = pad(%0, %4) {before = [0, 1], after = [0, 0], mode = constant} : 2x4xi16 q(0.1, 7)
  %6 "reflect" = pad(%0) {before = [1, 2], after = [1, 2], mode = reflect} : 4x7xi16 q(0.1, 7)
  %7 "symmetric" = pad(%0) {before = [0, 2], after = [0, 3], mode = symmetric} : 2x8xi16 q(0.1, 7)
  %8 "concat" = concat(%0, %5, %0) {axis = 1, act = none} : 2x10xi16 q(0.1, 7)
  %9 "first", %10 "second" = split(%0) {axis = 1, sizes = [1, 2]} : 2x1xi16 q(0.1, 7), 2x2xi16 q(0.1, 7)
  %11 "slice" = slice(%0) {begin = [1, 2], size = [1, 2], stride = [1, -2]} : 1x2xi16 q(0.1, 7)
  %12 "repeat" = slice(%0) {begin = [0, 1], size = [2, 4], stride = [1, 0]} : 2x4xi16 q(0.1, 7)
  return %1, %2, %3, %5, %6, %7, %8, %9, %10, %11, %12
}
