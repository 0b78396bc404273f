/* What a test program sees of the machine it runs on.
 *
 * Two implementations: host.c (the C library) and, on an emulated Cortex-M core, semihost.c (semihosting calls),
 * counter.c (a timer that counts instructions) and startup.c. Results go to the standard output as lines
 * `key=0x...`; bulk data goes through files in the current directory of the host. */
#ifndef RIG_H
#define RIG_H

#include <stddef.h>
#include <stdint.h>

/* Prints a string. */
void rig_text(const char *text);
/* Prints the line `key=0x<value>`. */
void rig_value(const char *key, uint64_t value);
/* Ends the program; 0 means success. */
void rig_exit(int status);
/* Prints `rig: <why>` and ends the program with status 1. */
void rig_fail(const char *why);

/* Opens a file for reading, or creates it for writing; fails the program if that is impossible. */
int rig_open_read(const char *name);
int rig_open_write(const char *name);
/* Reads exactly `bytes` bytes, or fails the program. */
void rig_read(int file, void *to, size_t bytes);
/* Writes exactly `bytes` bytes, or fails the program. */
void rig_write(int file, const void *from, size_t bytes);

/* The instructions executed between the two calls; 0 on the host. */
void rig_count_start(void);
uint64_t rig_count_stop(void);

/* Marks the unused stack; later, how far the stack has reached below the place where it was marked (at least 64 bytes);
 * 0 on the host. */
void rig_stack_paint(void);
size_t rig_stack_used(void);

#endif
