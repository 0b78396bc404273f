// arena 160
// The caller may write the next inputs while it still reads the outputs.
module "outputs_meet_inputs"
graph @0 "main"(
  %0 : 8xf32, // at 0
  %1 : 8xf32 // at 96
) {
  %2 = neg(%0) : 8xf32 // at 128
  %3 = abs(%2) : 8xf32 // at 16 error: E0310 is an output and overlaps the input %0
  return %3, %1
}
