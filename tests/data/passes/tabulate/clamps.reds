// A clamp alone stays a clamp, one that clamps nothing goes, and one that feeds a table becomes part of it.
module "clamps"
graph @0(%0 "x" : 1x64xi8 q(0.05, 3)) {
  %1 = relu(%0) : 1x64xi8 q(0.05, 3)
  %2 = quantize(%0) : 1x64xi8 q(0.025, -128)
  %3 = relu(%2) : 1x64xi8 q(0.025, -128)
  %4 = relu6(%0) : 1x64xi8 q(0.05, 3)
  %5 = logistic(%4) : 1x64xi8 q(0.00390625, -128)
  return %1, %3, %5
}
