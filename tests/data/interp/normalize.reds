// Softmax and its logarithm in all arithmetics; the rows are independent.
module "normalize"
graph @0() {
  %0 = const : 2x4xi8 q(0.1, 5) = [127, 120, 0, -128, 3, 3, 3, 3]
  %1 "to_i8" = softmax(%0) {beta = 1.0} : 2x4xi8 q(0.00390625, -128)
  %2 "to_i16" = softmax(%0) {beta = 0.5} : 2x4xi16 q(0.000015258789, -32768)
  %3 "log" = log_softmax(%0) : 2x4xi8 q(0.0625, 127)
  %4 = const : 1x4xu8 q(0.1, 5) = [255, 248, 128, 0]
  %5 "to_u8" = softmax(%4) {beta = 1.0} : 1x4xu8 q(0.00390625, 0)
  %6 = const : 1x4xi16 q(0.0005, 0) = [32767, 30000, 0, -32768]
  %7 "of_i16" = softmax(%6) {beta = 1.0} : 1x4xi16 q(0.000030517578, 0)
  %8 = const : 1x3xf32 = [1000.0, 999.0, -1000.0]
  %9 "of_f32" = softmax(%8) {beta = 1.0} : 1x3xf32
  %10 "log_of_f32" = log_softmax(%8) : 1x3xf32
  return %1, %2, %3, %5, %7, %9, %10
}
