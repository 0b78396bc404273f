// `call_once` runs before the first node of the first invocation; a reset makes the next invocation the first.
module "state"
var $0 "counter" : i32 = [10]
var $1 "unset" : 2xi8 = zeros
graph @0() {
  %0 "before" = read_variable() {variable = $0} : i32
  %1 = const : i32 = [1]
  %2 = add(%0, %1) {act = none} : i32
  assign_variable(%2) {variable = $0}
  %3 "after" = read_variable() {variable = $0} : i32
  call_once() {graph = @1}
  %4 "unset" = read_variable() {variable = $1} : 2xi8
  return %0, %3, %4
}
graph @1() {
  %0 = read_variable() {variable = $0} : i32
  %1 = mul(%0, %0) {act = none} : i32
  assign_variable(%1) {variable = $0}
  return
}
