// A graph that runs itself would never end.
module "acyclic regions"
graph @0 "main"(%0 : 1xf32, %1 : bool) {
  %2 = if(%1, %0) {then_graph = @1, else_graph = @2} : 1xf32 // error: E0114 graph @1 runs itself
  return %2
}
graph @1 "then"(%0 : 1xf32) {
  %1 = const : bool = [1]
  %2 = if(%1, %0) {then_graph = @1, else_graph = @2} : 1xf32 // error: E0114 graph @1 runs itself
  return %2
}
graph @2 "else"(%0 : 1xf32) {
  return %0
}
