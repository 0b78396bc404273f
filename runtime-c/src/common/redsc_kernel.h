/* What every kernel needs: fixed-width types and the linkage of kernels.
 *
 * A kernel is one function in one file, marked REDSC_KERNEL. It takes pointers to tensors, constants and scratch
 * memory, and last a pointer `p` to a constant parameter struct (redsc_params.h). All variants of one operator and
 * element type share signature and struct; they may differ in the order in which they want their weights and in
 * the scratch memory that they need (NULL if none).
 *
 * A kernel is inlined into the functions of the layers that use it: what a function knows of its layers' shapes,
 * strides and clamps becomes immediates, and unused branches disappear. For speed there is a function for each set of
 * parameters; for size one for all layers of a kernel. REDSC_OPTIMIZE_SIZE tells kernels not to unroll loops. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define REDSC_KERNEL static inline __attribute__((always_inline))

/* Linkage of parts that all layers share, whatever is optimized for. Without clones for the constants of a single
 * caller, what they take follows from their arguments alone. */
#if defined(__clang__)
#define REDSC_SHARED static __attribute__((noinline, unused))
#else
#define REDSC_SHARED static __attribute__((noinline, noclone, unused))
#endif

/* Small helpers of kernels are always worth inlining. */
#define REDSC_INLINE static inline __attribute__((always_inline))

/* Parts of kernels that are worth inlining unless size matters most. */
#if defined(REDSC_OPTIMIZE_SIZE)
#define REDSC_PART static __attribute__((noinline, unused))
#else
#define REDSC_PART REDSC_INLINE
#endif
