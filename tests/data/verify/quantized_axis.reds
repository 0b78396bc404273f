// Each index of the quantized axis has a scale and a zero point.
module "quantized axis"
graph @0 "main"(
  %0 : 2x8xi8 q(axis 2, [0.5, 0.5], [0, 0]), // error: E0131 there is no axis 2 to quantize
  %1 : 2x8xi8 q(axis 0, [0.5], [0, 0]), // error: E0131 axis 0 of extent 2 has 1 scales and 2 zero points
  %2 : 2x8xi8 q(axis 0, [0.5, 0.5], []), // error: E0131 axis 0 of extent 2 has 2 scales and 0 zero points
  %3 : 2x8xi8 q(axis 1, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [0, 0, 0, 0, 0, 0, 0, 0])
) {
  return %3
}
