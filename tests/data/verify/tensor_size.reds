// Sizes stay far below what 32-bit offsets can address.
module "tensor size"
graph @0 "main"(
  %0 : 1000000000x1000000000x1000000000xi8, // error: E0120 takes more than 1073741824 bytes
  %1 : 268435457xf32 // error: E0120
) {
  return %0, %1
}
