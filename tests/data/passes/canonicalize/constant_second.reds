// Addition commutes, subtraction does not.
module "operands"
graph @0(%0 "x" : 1x4xi8 q(0.5, 1)) {
  %1 = const : 1xi8 q(0.1, 0) = [7]
  %2 = add(%1, %0) {act = none} : 1x4xi8 q(0.6, 0)
  %3 = sub(%1, %2) {act = none} : 1x4xi8 q(0.7, 0)
  return %3
}
