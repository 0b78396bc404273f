/* What every kernel needs: fixed-width types and the linkage of kernels.
 *
 * A kernel is one function in one file, marked REDSC_KERNEL. It takes pointers to tensors, constants and scratch
 * memory, and last a pointer `p` to a constant parameter struct (redsc_params.h). All variants of one operator and
 * element type share signature and struct; they may differ in the order in which they want their weights and in
 * the scratch memory that they need (NULL if none).
 *
 * For speed a kernel is inlined into the one function that passes a known struct, so that its shapes, strides and
 * clamps become immediates and unused branches disappear. For size it stays a function of its own, shared by all
 * layers that use it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(REDSC_OPTIMIZE_SIZE) && defined(__clang__)
#define REDSC_KERNEL static __attribute__((noinline, unused))
#elif defined(REDSC_OPTIMIZE_SIZE)
/* No clones for constant addresses: GCC 12 may lose the stores of such a clone. */
#define REDSC_KERNEL static __attribute__((noinline, noclone, unused))
#else
#define REDSC_KERNEL static inline __attribute__((always_inline))
#endif

/* Small helpers of kernels are always worth inlining. */
#define REDSC_INLINE static inline __attribute__((always_inline))
