// Operands of different scales, broadcast; quotients by zero; integers that wrap; numbers without an order.
module "binary"
graph @0() {
  %0 "a" = const : 2x3xi8 q(0.5, -1) = [-128, -1, 0, 1, 64, 127]
  %1 "b" = const : 3xi8 q(0.25, 3) = [-128, 3, 127]
  %2 "add" = add(%0, %1) {act = none} : 2x3xi8 q(0.75, 0)
  %3 "add_relu6" = add(%0, %1) {act = relu6} : 2x3xi8 q(0.1, -100)
  %4 "sub" = sub(%0, %1) {act = none} : 2x3xi8 q(0.5, 5)
  %5 "mul" = mul(%0, %1) {act = none} : 2x3xi8 q(10.0, 2)
  %6 "div" = div(%0, %1) {act = none} : 2x3xi8 q(0.02, -3)
  %7 "squared_difference" = squared_difference(%0, %1) {act = none} : 2x3xi8 q(20.0, -128)
  %8 "maximum" = maximum(%0, %1) {act = none} : 2x3xi8 q(0.5, -1)
  %9 "c" = const : 2xi16 q(0.001, 0) = [-32768, 32767]
  %10 "d" = const : 2x1xi16 q(0.0003, 0) = [-32768, 100]
  %11 "add16" = add(%9, %10) {act = none} : 2x2xi16 q(0.0012, 0)
  %12 "mul16" = mul(%9, %10) {act = relu} : 2x2xi16 q(0.01, 0)
  %13 "e" = const : 3xi32 = [-2147483648, 7, 2147483647]
  %14 "f" = const : 3xi32 = [-1, 0, 2]
  %15 "add32" = add(%13, %14) {act = none} : 3xi32
  %16 "div32" = div(%13, %14) {act = none} : 3xi32
  %17 "mul32" = mul(%13, %14) {act = relu6} : 3xi32
  %18 "g" = const : 3xf32 = [1.5, nan(7fc00000), -2.0]
  %19 "h" = const : f32 = [0.5]
  %20 "sub_f32" = sub(%18, %19) {act = relu_n1_to_1} : 3xf32
  %21 "less" = less(%18, %19) : 3xbool
  %22 "not_equal" = not_equal(%18, %18) : 3xbool
  %23 "greater" = greater(%0, %1) : 2x3xbool
  return %2, %3, %4, %5, %6, %7, %8, %11, %12, %15, %16, %17, %20, %21, %22, %23
}
