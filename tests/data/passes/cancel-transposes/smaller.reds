module "smaller"
graph @0 "main"(%0 "image" : 1x4x4x2xf32) {
  %1 = transpose(%0) {perm = [0, 3, 1, 2]} : 1x2x4x4xf32
  %2 = mean(%1) {axes = [2, 3], keep_dims = true} : 1x2x1x1xf32
  %3 = reshape(%1) {shape = [2, 4, 4]} : 2x4x4xf32
  %4 = transpose(%3) {perm = [1, 2, 0]} : 4x4x2xf32
  return %2, %4
}
