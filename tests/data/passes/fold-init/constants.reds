// The last assignment counts; zeros are what variables hold anyway.
module "init"
var $0 "a" : 4xi8 q(0.5, 0) = zeros
var $1 "b" : 2xi8 q(0.5, 0) = [9, 9]
graph @0(%0 "x" : 4xi8 q(0.5, 0)) {
  call_once() {graph = @1}
  %1 = read_variable() {variable = $0} : 4xi8 q(0.5, 0)
  assign_variable(%0) {variable = $0}
  %2 = read_variable() {variable = $1} : 2xi8 q(0.5, 0)
  return %1, %2
}
graph @1 "init"() {
  %0 = const : 4xi8 q(0.5, 0) = [1, 2, 3, 4]
  %1 = const : 2xi8 q(0.5, 0) = [0, 0]
  %2 = const : 4xi8 q(0.5, 0) = [5, 6, 7, 8]
  assign_variable(%0) {variable = $0}
  assign_variable(%1) {variable = $1}
  assign_variable(%2) {variable = $0}
  return
}
