// A scale is a finite positive number.
module "scale"
graph @0 "main"(
  %0 : 1x8xi8 q(0.0, 0), // error: E0130 scale 0 is not a finite positive number
  %1 : 1x8xi8 q(-0.5, 0), // error: E0130 scale -0.5
  %2 : 1x8xi8 q(inf, 0), // error: E0130 scale inf
  %3 : 1x8xi8 q(nan, 0), // error: E0130 scale NaN
  %4 : 2x8xi8 q(axis 0, [0.5, 0.0], [0, 0]), // error: E0130 scale 0
  %5 : 1x8xi8 q(1e-45, 0)
) {
  return %5
}
