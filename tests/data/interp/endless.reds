// A loop that does not end is an error.
module "endless"
graph @0() {
  %0 = const : bool = [1]
  %1 = while(%0) {condition = @1, body = @1} : bool
  return %1
}
graph @1(%0 : bool) {
  return %0
}
