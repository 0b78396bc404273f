// All tensors together stay small as well.
module "module size" // error: E0120 all tensors together take 5368709120 bytes
graph @0 "main"(%0 : 1073741824xi8, %1 : 1073741824xi8, %2 : 1073741824xi8, %3 : 1073741824xi8, %4 : 1073741824xi8) {
  return %0
}
