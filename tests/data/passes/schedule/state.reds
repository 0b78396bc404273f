// The second read must see what was assigned, the first must not, and what runs once stays ahead.
module "state"
var $0 : 64xi8 q(0.5, 0) = zeros
graph @0(%0 "x" : 64xi8 q(0.5, 0)) {
  call_once() {graph = @1}
  %1 = read_variable() {variable = $0} : 64xi8 q(0.5, 0)
  assign_variable(%0) {variable = $0}
  %2 = read_variable() {variable = $0} : 64xi8 q(0.5, 0)
  %3 = reduce_max(%1) {axes = [0], keep_dims = true} : 1xi8 q(0.5, 0)
  %4 = reduce_max(%2) {axes = [0], keep_dims = true} : 1xi8 q(0.5, 0)
  return %3, %4
}
graph @1() {
  %0 = const : 64xi8 q(0.5, 0) = splat(7)
  assign_variable(%0) {variable = $0}
  return
}
