// The first call computes what it assigns, so it stays, and so does the second, which comes after it.
module "init"
var $0 : 2xi8 q(0.5, 0) = [1, 2]
var $1 : 2xi8 q(0.5, 0) = zeros
graph @0(%0 "x" : 2xi8 q(0.5, 0)) {
  call_once() {graph = @1}
  call_once() {graph = @2}
  %1 = read_variable() {variable = $1} : 2xi8 q(0.5, 0)
  return %1
}
graph @1() {
  %0 = read_variable() {variable = $0} : 2xi8 q(0.5, 0)
  assign_variable(%0) {variable = $1}
  return
}
graph @2() {
  %0 = const : 2xi8 q(0.5, 0) = [5, 6]
  assign_variable(%0) {variable = $0}
  return
}
