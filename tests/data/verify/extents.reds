// Kernels have loops for eight dimensions and divide by extents.
module "extents"
var $0 : 3x0xf32 = zeros // error: E0121 3x0xf32 has an extent of zero
graph @0 "main"(
  %0 : 1x1x1x1x1x1x1x1x8xf32, // error: E0121 9 dimensions are more than 8
  %1 : 1x1x1x1x1x1x1x8xf32
) {
  return %0, %1
}
