// arena 128
// The caller provides all inputs before anything runs.
module "inputs overlap"
graph @0 "main"(
  %0 : 1x16xf32, // at 0 error: E0304 %0 is read, but its bytes now hold graph @0 "main", value %1
  %1 : 1x16xf32 // at 32
) {
  return %1
}
