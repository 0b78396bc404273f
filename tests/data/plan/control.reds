// arena 1024
// Regions run beside what lives across them; what a branch may overwrite is gone after both.
module "control"
var $0 : 8xf32 = zeros // at 992
graph @0 "main"(
  %0 : bool, // at 0
  %1 : 8xf32, // at 32
  %2 : 8xf32 // at 256 error: E0304 %2 is read, but its bytes now hold variable $0
) {
  call_once() {graph = @4}
  %3 = if(%0, %1) {then_graph = @1, else_graph = @2} : 8xf32 // at 96
  %4 = add(%3, %1) {act = none} : 8xf32 // at 64 error: E0304 %1 is read
  %5, %6 = while(%0, %4) {condition = @3, body = @5} : bool, 8xf32 // at 16 64
  return %6, %3 // error: E0304 %3 is read
}
graph @1 "then"(
  %0 : 8xf32 // at 32
) {
  %1 = relu(%0) : 8xf32 // at 32
  return %1
}
graph @2 "else"(
  %0 : 8xf32 // at 128
) {
  %1 = relu(%0) : 8xf32 // at 96
  return %1
}
graph @3 "condition"(
  %0 : bool, // at 16
  %1 : 8xf32
) {
  return %0
}
graph @4 "once"() {
  %0 = read_variable() {variable = $0} : 8xf32 // at 256
  assign_variable(%0) {variable = $0}
  return
}
graph @5 "body"(
  %0 : bool, // at 160
  %1 : 8xf32 // at 96
) {
  %2 = relu(%1) : 8xf32 // at 64
  return %0, %2
}
