// The real number zero has a code.
module "zero point"
graph @0 "main"(
  %0 : 1x8xi8 q(0.5, 128), // error: E0132 zero point 128 is not a value of i8
  %1 : 1x8xu8 q(0.5, -1), // error: E0132 zero point -1 is not a value of u8
  %2 : 1x8xi16 q(0.5, -32769), // error: E0132 zero point -32769 is not a value of i16
  %3 : 2xi8 q(axis 0, [0.5, 0.5], [0, 500]), // error: E0132 zero point 500
  %4 : 1x8xi8 q(0.5, -128)
) {
  return %4
}
