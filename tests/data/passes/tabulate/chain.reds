// Three functions become one table; the two lookups of the same function share theirs.
module "chain"
graph @0(%0 "x" : 1x64xi8 q(0.05, 3), %1 "y" : 8xi8 q(0.05, 3)) {
  %2 = const : 1xi8 q(0.02, 0) = [-77]
  %3 = tanh(%0) : 1x64xi8 q(0.0078125, 0)
  %4 = mul(%3, %2) {act = none} : 1x64xi8 q(0.02, 5)
  %5 = leaky_relu(%4) {alpha = 0.1} : 1x64xi8 q(0.01, 0)
  %6 = logistic(%1) : 8xi8 q(0.00390625, -128)
  %7 = logistic(%0) : 1x64xi8 q(0.00390625, -128)
  return %5, %6, %7
}
