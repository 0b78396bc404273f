// Constants and initial contents have the size of their type.
module "contents"
var $0 : 4xi16 = [1, 2, 3] // error: E0123 4xi16 takes 8 bytes, but 6 are given
graph @0 "main"() {
  %0 = const : 2x2xi8 = [1, 2, 3, 4, 5] // error: E0123 2x2xi8 takes 4 bytes, but 5 are given
  %1 = const : 3xbool = [0, 1, 2] // error: E0123 neither 0 nor 1
  %2 = const : f32 = [1.5]
  return %0, %1, %2
}
