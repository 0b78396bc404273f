// Only integers are codes of real numbers.
module "quantized element"
var $0 : 4xf32 q(0.5, 0) = zeros // error: E0133 elements of type f32 cannot be quantized
graph @0 "main"(%0 : 4xbool q(0.5, 0)) { // error: E0133 elements of type bool cannot be quantized
  return
}
