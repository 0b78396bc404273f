// Positions between samples, at the borders and beyond; from floats, integers and single samples.
module "resize"
graph @0() {
  %0 = const : 1x2x3x1xi8 q(1.0, 0) = [-128, 0, 127, 10, 20, 35]
  %1 "nearest" = resize_nearest(%0) {size = [3, 5], align_corners = false, half_pixel_centers = false} : 1x3x5x1xi8 q(1.0, 0)
  %2 "nearest_aligned" = resize_nearest(%0) {size = [1, 5], align_corners = true, half_pixel_centers = false} : 1x1x5x1xi8 q(1.0, 0)
  %3 "nearest_half" = resize_nearest(%0) {size = [4, 2], align_corners = false, half_pixel_centers = true} : 1x4x2x1xi8 q(1.0, 0)
  %4 "bilinear" = resize_bilinear(%0) {size = [3, 5], align_corners = false, half_pixel_centers = false} : 1x3x5x1xi8 q(1.0, 0)
  %5 "bilinear_half" = resize_bilinear(%0) {size = [4, 6], align_corners = false, half_pixel_centers = true} : 1x4x6x1xi8 q(1.0, 0)
  %6 = const : 1x2x2x1xf32 = [0.0, 1.0, 2.0, 4.0]
  %7 "bilinear_f32" = resize_bilinear(%6) {size = [3, 3], align_corners = true, half_pixel_centers = false} : 1x3x3x1xf32
  %8 "half_f32" = resize_bilinear(%6) {size = [1, 4], align_corners = false, half_pixel_centers = true} : 1x1x4x1xf32
  return %1, %2, %3, %4, %5, %7, %8
}
