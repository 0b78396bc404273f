// Every operator here gives back its operand, except the slice that walks backwards and the change of quantization.
module "identities"
graph @0(%0 "x" : 1x4x4x2xi8 q(0.5, 1)) {
  %1 = transpose(%0) {perm = [0, 1, 2, 3]} : 1x4x4x2xi8 q(0.5, 1)
  %2 = pad(%1) {before = [0, 0, 0, 0], after = [0, 0, 0, 0], mode = constant} : 1x4x4x2xi8 q(0.5, 1)
  %3 = slice(%2) {begin = [0, 0, 0, 0], size = [1, 4, 4, 2], stride = [1, 1, 1, 1]} : 1x4x4x2xi8 q(0.5, 1)
  %4 = concat(%3) {axis = 3, act = none} : 1x4x4x2xi8 q(0.5, 1)
  %5 = split(%4) {axis = 3, sizes = [2]} : 1x4x4x2xi8 q(0.5, 1)
  %6 = quantize(%5) : 1x4x4x2xi8 q(0.5, 1)
  %7 = max_pool2d(%6) {padding = [0, 0, 0, 0], filter = [1, 1], stride = [1, 1], act = none} : 1x4x4x2xi8 q(0.5, 1)
  %8 = resize_nearest(%7) {size = [4, 4], align_corners = false, half_pixel_centers = false} : 1x4x4x2xi8 q(0.5, 1)
  %9 = slice(%8) {begin = [0, 3, 0, 0], size = [1, 4, 4, 2], stride = [1, -1, 1, 1]} : 1x4x4x2xi8 q(0.5, 1)
  %10 = quantize(%9) : 1x4x4x2xi8 q(0.25, 2)
  return %10
}
