// arena 256
// Variables outlive everything; the place of one whose contents are about to be replaced may be used until then.
module "variables" // error: E0306 variables overlap at offset 80
var $0 "a" : 8xf32 = zeros // at 64
var $1 "b" : 8xf32 = zeros // at 80 error: E0304 variable $1 is needed
var $2 "c" : 8xf32 = zeros // at 160 error: E0304 variable $2 is needed
graph @0 "main"(
  %0 : 8xf32 // at 96 error: E0304 %0 is read, but its bytes now hold variable $1
) {
  %1 = relu(%0) : 8xf32 // at 128 error: E0304 %0 is read, but its bytes now hold variable $1
  %2 = relu(%1) : 8xf32 // at 0 scratch 48+32
  assign_variable(%2) {variable = $0}
  %3 = read_variable() {variable = $1} : 8xf32 // at 32 error: E0304 variable $1 is needed
  %4 = relu(%3) : 8xf32 // at 160
  %5 = neg(%4) : 8xf32 // at 192
  assign_variable(%5) {variable = $2}
  %6 = read_variable() {variable = $2} : 8xf32 // at 160 view
  %7 = read_variable() {variable = $2} : 8xf32 // at 176 error: E0305 bytes 176..208 overlap a variable
  return %2, %6 // error: E0304 %6 is read
}
