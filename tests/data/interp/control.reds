// The branch and the number of rounds depend on values.
module "control"
graph @0() {
  %0 = const : i32 = [1]
  %1 = const : i32 = [100]
  %2 "doubled", %3 "limit" = while(%0, %1) {condition = @1, body = @2} : i32, i32
  %4 "over" = greater(%2, %1) : bool
  %5 "chosen" = if(%4, %2, %1) {then_graph = @3, else_graph = @4} : i32
  %6 "under" = less(%2, %1) : bool
  %7 "other" = if(%6, %2, %1) {then_graph = @3, else_graph = @4} : i32
  return %2, %3, %5, %7
}
graph @1 "condition"(%0 : i32, %1 : i32) {
  %2 = less(%0, %1) : bool
  return %2
}
graph @2 "body"(%0 : i32, %1 : i32) {
  %2 = add(%0, %0) {act = none} : i32
  return %2, %1
}
graph @3 "then"(%0 : i32, %1 : i32) {
  %2 = sub(%0, %1) {act = none} : i32
  return %2
}
graph @4 "else"(%0 : i32, %1 : i32) {
  return %1
}
