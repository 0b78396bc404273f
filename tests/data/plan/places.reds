// arena 256
// What is read or written has a place; constants are in flash.
module "places"
graph @0 "main"(
  %0 : 8xf32, // error: E0307 no place to be written to error: E0307 is read, but has no place
  %1 : 8xf32 // at 0
) {
  %2 = const : 8xf32 = splat(1.0) // at 32 error: E0307 is a constant, but placed in the arena
  %3 = add(%1, %2) {act = none} : 8xf32 // at 64 error: E0307 is read, but not placed in flash
  %4 = relu(%3) : 8xf32 // error: E0307 no place to be written to
  %5 = relu(%3) : 8xf32 // at flash error: E0307 is computed, but placed in flash error: E0307 no place to be written to
  return %3
}
