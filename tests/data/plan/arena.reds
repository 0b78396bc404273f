// arena 100
// Everything lies inside the arena, aligned.
module "arena"
var $0 : 4xi8 = zeros // at 0
var $1 : 4xi8 = zeros // at 8 error: E0303 offset 8 is not a multiple of 16
graph @0 "main"(
  %0 : 4xi32 // at 24 error: E0303 offset 24 is not a multiple of 16
) {
  %1 = relu(%0) : 4xi32 // at 112 error: E0302 bytes 112..128 leave the arena of 100 bytes
  %2 = relu(%1) : 4xi32 // at 16 scratch 48+64 error: E0302 bytes 48..112 leave
  %3 = reshape(%2) {shape = [2, 2]} : 2x2xi32 // at 16 view
  %4, %5 = split(%3) {axis = 0, sizes = [1, 1]} : 1x2xi32, 1x2xi32 // at 16 24 view
  %6 = relu(%5) : 1x2xi32 // at 64
  return %6
}
