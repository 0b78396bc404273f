// A chain of reshapes that leads back to the first shape is nothing; one that does not is a single reshape.
module "reshapes"
graph @0(%0 "x" : 4x4xi8 q(0.5, 1)) {
  %1 = reshape(%0) {shape = [2, 8]} : 2x8xi8 q(0.5, 1)
  %2 = reshape(%1) {shape = [16]} : 16xi8 q(0.5, 1)
  %3 = reshape(%2) {shape = [4, 4]} : 4x4xi8 q(0.5, 1)
  %4 = logistic(%3) : 4x4xi8 q(0.00390625, -128)
  return %4, %2
}
