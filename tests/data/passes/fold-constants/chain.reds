// What depends on constants alone is computed; a variable is not constant.
module "chain"
var $0 : 4xf32 = [1.0, 2.0, 3.0, 4.0]
graph @0(%0 "x" : 4xf32) {
  %1 = const : 4xi8 q(0.5, 0) = [1, -2, 3, -4]
  %2 = dequantize(%1) : 4xf32
  %3 = neg(%2) : 4xf32
  %4 = add(%0, %3) {act = none} : 4xf32
  %5 = read_variable() {variable = $0} : 4xf32
  %6 = mul(%4, %5) {act = none} : 4xf32
  return %6, %3
}
