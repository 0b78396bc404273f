// arena 256
// Variables outlive everything.
module "variables" // error: E0306 variables overlap at offset 80
var $0 : 8xf32 = zeros // at 64
var $1 : 8xf32 = zeros // at 80
graph @0 "main"(
  %0 : 8xf32 // at 96 error: E0306 bytes 96..128 overlap a variable
) {
  %1 = relu(%0) : 8xf32 // at 128
  %2 = relu(%1) : 8xf32 // at 0 scratch 48+32 error: E0306 bytes 48..80 overlap a variable
  assign_variable(%2) {variable = $0}
  return %2
}
