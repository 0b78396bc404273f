// A graph that is run for its outputs stays, one that is run for a variable nobody reads goes with it.
module "regions"
var $0 "written only" : 1xi8 q(0.5, 0) = zeros
graph @0(%0 "x" : 2xi8 q(0.5, 0), %1 "c" : 1xbool) {
  call_once() {graph = @1}
  %2 = if(%1, %0) {then_graph = @2, else_graph = @3} : 2xi8 q(0.5, 0)
  return %2
}
graph @1() {
  %0 = const : 1xi8 q(0.5, 0) = [1]
  assign_variable(%0) {variable = $0}
  return
}
graph @2(%0 : 2xi8 q(0.5, 0)) {
  %1 = relu(%0) : 2xi8 q(0.5, 0)
  return %1
}
graph @3(%0 : 2xi8 q(0.5, 0)) {
  %1 = relu6(%0) : 2xi8 q(0.5, 0)
  return %0
}
