// Alive: %3, the variable $1 that it depends on, and what stores into it; the unused input stays.
module "unused"
var $0 "never read" : 4xi8 q(0.5, 0) = zeros
var $1 "counter" : 4xi8 q(0.5, 0) = zeros
graph @0(%0 "x" : 4xi8 q(0.5, 0), %1 "unused" : 4xi8 q(0.5, 0)) {
  %2 = logistic(%0) : 4xi8 q(0.00390625, -128)
  assign_variable(%0) {variable = $0}
  %3 = read_variable() {variable = $1} : 4xi8 q(0.5, 0)
  %4 = const : 4xi8 q(0.5, 0) = [1, 1, 1, 1]
  %5 = add(%3, %4) {act = none} : 4xi8 q(0.5, 0)
  assign_variable(%5) {variable = $1}
  %6 = const : 4xi8 q(0.5, 0) = [2, 2, 2, 2]
  return %3
}
graph @1 "not run"() {
  return
}
