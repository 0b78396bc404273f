// Operators say what they take.
module "operands"
var $0 : 1x4xf32 = zeros
graph @0 "main"(%0 : 1x4x4x3xi8 q(0.5, 3), %1 : 1x4xf32, %2 : 1x8xi8, %3 : bool) {
  %4 = const : 2x3x3x3xi8 q(0.1, 0) = splat(1)
  %5 = add(%1) {act = none} : 1x4xf32 // error: E0140 takes 2 operands, not 1
  %6 = conv2d(%0, _) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x2xi8 q(0.5, 0) // error: E0140 operand 1
  %7 = conv2d(%1, %4) {padding = [0, 0, 0, 0], stride = [1, 1], dilation = [1, 1], act = none, accumulate = centered} : 1x2x2x2xi8 q(0.5, 0) // error: E0140
  %8 = add(%2, %2) {act = none} : 1x8xi8 q(0.5, 0) // error: E0140 needs one scale and zero point
  assign_variable(%2) {variable = $0} // error: E0140 elements of type i8; expected f32
  %9 = if(%3, %1) {then_graph = @1, else_graph = @2} : 1x4xf32 // error: E0140 the else graph takes 0 inputs, not 1
  %10 = reshape(%1) {shape = [5]} : 5xf32 // error: E0140 cannot become
  return %5
}
graph @1 "then"(%0 : 1x4xf32) {
  return %0
}
graph @2 "else"() {
  %0 = const : 1x4xf32 = zeros
  return %0
}
