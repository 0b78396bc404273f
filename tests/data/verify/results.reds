// Results have the types that the operator gives them.
module "results"
var $0 : 1x4xf32 = zeros
graph @0 "main"(%0 : 1x4xf32, %1 : bool) {
  %2 = relu(%0) : 4xf32 // error: E0141 result 0 is 4xf32, but the operands give 1x4xf32
  %3 = relu(%0) : 1x4xi32 // error: E0141 result 0 has elements of type i32, but may have f32
  %4, %5 = split(%0) {axis = 1, sizes = [4]} : 1x4xf32, 1x4xf32 // error: E0141 there are 1 results, not 2
  relu(%0) // error: E0141 there are 1 results, not 0
  %6 = read_variable() {variable = $0} : 1x5xf32 // error: E0141 result 0 is 1x5xf32, but the operands give 1x4xf32
  return %2
}
