// Rules and kernels calculate with attributes.
module "attribute range"
graph @0 "main"(%0 : 1x8xf32) {
  %1 = softmax(%0) {beta = inf} : 1x8xf32 // error: E0122 attribute `beta`: inf is out of range
  %2 = reshape(%0) {shape = [4294967296, 8]} : 1x8xf32 // error: E0122 attribute `shape`: 4294967296 is out of range
  return %1, %2
}
