// Nodes stand in execution order, so nothing is read before it is computed.
module "defined before used"
graph @0 "main"(%0 : 1x8xf32) {
  %1 = relu(%2) : 1x8xf32 // error: E0111 `%2` is used before it is defined
  %2 = relu(%0) : 1x8xf32
  return %1, %3 // error: E0111 `%3` is used before it is defined
}
