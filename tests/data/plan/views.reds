// arena 512
// A view lies where its bytes are.
module "views"
graph @0 "main"(
  %0 : 2x8xf32, // at 0
  %1 : 2x8xf32 // at 64
) {
  %2 = relu(%0) : 2x8xf32 // at 128 view error: E0308 is no view
  %3 = reshape(%1) {shape = [16]} : 16xf32 // at 80 view error: E0308 view %3 does not lie where
  %4, %5 = split(%1) {axis = 1, sizes = [4, 4]} : 2x4xf32, 2x4xf32 // at 256 288 view error: E0308 is no view
  %6, %7 = split(%1) {axis = 0, sizes = [1, 1]} : 1x8xf32, 1x8xf32 // at 96 64 view error: E0308 view %6 error: E0308 view %7
  %8 = slice(%1) {begin = [0, 1], size = [2, 7], stride = [1, 1]} : 2x7xf32 // at 320 view error: E0308 is no view
  %9 = slice(%1) {begin = [1, 1], size = [1, 4], stride = [1, 1]} : 1x4xf32 // at 100 view
  %10 = slice(%1) {begin = [1, 0], size = [1, 8], stride = [1, 1]} : 1x8xf32 // at 96 view
  %11 = slice(%1) {begin = [1, 7], size = [1, 8], stride = [1, -1]} : 1x8xf32 // at 384 view error: E0308 is no view
  %12 = concat(%10, %10) {axis = 0, act = none} : 2x8xf32 // at 64 view error: E0308 view %12 does not lie where
  %13 = neg(%9) : 1x4xf32 // at 448
  return %13
}
