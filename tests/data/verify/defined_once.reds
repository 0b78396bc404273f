// A value is defined once, and before it is used.
module "defined once"
graph @0 "main"(%0 : 1x8xf32) {
  %1 = relu(%0) : 1x8xf32
  %1 = relu(%0) : 1x8xf32 // error: E0110 `%1` is defined more than once
  return %1
}
