// arena 256
// A value holds until its last reader.
module "overwritten"
graph @0 "main"(
  %0 : 1x16xf32, // at 0
  %1 : 1x16xf32 // at 64
) {
  %2 = relu(%0) : 1x16xf32 // at 128
  %3 = tanh(%1) : 1x16xf32 // at 0 error: E0310 overlaps the input %0
  %4 = add(%2, %0) {act = none} : 1x16xf32 // at 64 error: E0304 %0 is read, but its bytes now hold graph @0 "main", value %3
  %5 = relu(%4) : 1x16xf32 // at 64
  %6 = tanh(%5) : 1x16xf32 // at 128 scratch 0+16
  return %3, %6 // error: E0304 %3 is read, but its bytes now hold graph @0 "main", node 4 tanh
}
