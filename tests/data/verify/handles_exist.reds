// Variables and graphs that attributes name exist.
module "handles exist"
var $0 : 1x8xf32 = zeros
graph @0 "main"(%0 : 1x8xf32) {
  assign_variable(%0) {variable = $1} // error: E0112 attribute `variable`: there is no $1
  call_once() {graph = @4} // error: E0112 attribute `graph`: there is no @4
  return %0
}
