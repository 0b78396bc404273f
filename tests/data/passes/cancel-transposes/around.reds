module "around"
graph @0 "main"(%0 "image" : 1x4x4x2xf32, %1 "other" : 1x4x4x2xf32) {
  %2 = transpose(%0) {perm = [0, 3, 1, 2]} : 1x2x4x4xf32
  %3 = transpose(%1) {perm = [0, 3, 1, 2]} : 1x2x4x4xf32
  %4 = relu(%2) : 1x2x4x4xf32
  %5 = add(%4, %3) {act = none} : 1x2x4x4xf32
  %6 "bias" = const : 2x1x1xf32 = [1.0, 2.0]
  %7 = mul(%5, %6) {act = none} : 1x2x4x4xf32
  %8 = pad(%7) {before = [0, 0, 1, 0], after = [0, 0, 0, 1], mode = constant} : 1x2x5x5xf32
  %9 = concat(%8, %8) {axis = 1, act = none} : 1x4x5x5xf32
  %10 = transpose(%9) {perm = [0, 2, 3, 1]} : 1x5x5x4xf32
  return %10
}
