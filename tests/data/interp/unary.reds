// Functions of codes and of numbers.
module "unary"
graph @0() {
  %0 = const : 7xi8 q(0.05, -10) = [-128, -60, -11, -10, -9, 40, 127]
  %1 "relu" = relu(%0) : 7xi8 q(0.04, -128)
  %2 "relu6" = relu6(%0) : 7xi8 q(0.05, -10)
  %3 "relu_n1_to_1" = relu_n1_to_1(%0) : 7xi8 q(0.01, 0)
  %4 "abs" = abs(%0) : 7xi8 q(0.06, -128)
  %5 "rsqrt" = rsqrt(%0) : 7xi8 q(0.05, -128)
  %6 "logistic" = logistic(%0) : 7xi8 q(0.00390625, -128)
  %7 "tanh" = tanh(%0) : 7xi8 q(0.0078125, 0)
  %8 "leaky_relu" = leaky_relu(%0) {alpha = 0.1} : 7xi8 q(0.05, -10)
  %9 "flipped" = leaky_relu(%0) {alpha = -0.5} : 7xi8 q(0.06, 0)
  %10 = const : 6xi16 q(0.0003, 0) = [-32768, -3000, -1, 0, 1, 32767]
  %11 "logistic16" = logistic(%10) : 6xi16 q(0.000030517578, 0)
  %12 "tanh16" = tanh(%10) : 6xi16 q(0.000030517578, 0)
  %13 = const : 4xf32 = [-2.0, -0.0, 0.25, 7.0]
  %26 = const : 3xf32 = [0.0, 0.25, 7.0]
  %14 "exp" = exp(%13) : 4xf32
  %15 "log" = log(%26) : 3xf32
  %16 "sqrt" = sqrt(%26) : 3xf32
  %17 "rsqrt_f32" = rsqrt(%26) : 3xf32
  %18 "square" = square(%13) : 4xf32
  %19 "relu6_f32" = relu6(%13) : 4xf32
  %20 "neg" = neg(%13) : 4xf32
  %21 = const : 2xi32 = [-2147483648, 3]
  %22 "neg32" = neg(%21) : 2xi32
  %23 = const : 256xi16 = random(seed 1)
  %24 = const : 3xi8 = [0, -1, 127]
  %25 "lut" = lut(%24, %23) : 3xi16
  return %1, %2, %3, %4, %5, %6, %7, %8, %9, %11, %12, %14, %15, %16, %17, %18, %19, %20, %22, %25
}
