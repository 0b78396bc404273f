/* rig.h on an emulated core: Arm semihosting, which QEMU serves with the host's files. */
#include "rig.h"

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_EXIT_EXTENDED = 0x20
};
enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };
static const uintptr_t application_exit = 0x20026u;

/* The operation's number and its result share r0: an operand that is only an input would let the compiler assume
 * that r0 survives the call. */
static int call(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void rig_text(const char *text)
{
    call(SYS_WRITE0, text);
}

void rig_exit(int status)
{
    const uintptr_t block[2] = {application_exit, (uintptr_t)status};

    call(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

static int open_file(const char *name, int mode)
{
    size_t length = 0;

    while (name[length] != '\0')
        length++;
    const uintptr_t block[3] = {(uintptr_t)name, (uintptr_t)mode, length};
    const int file = call(SYS_OPEN, block);
    if (file == -1)
        rig_fail("cannot open a file");
    return file;
}

int rig_open_read(const char *name)
{
    return open_file(name, MODE_READ_BINARY);
}

int rig_open_write(const char *name)
{
    return open_file(name, MODE_WRITE_BINARY);
}

/* Both calls return the number of bytes that were not transferred. */
static int transfer(int operation, int file, const void *bytes, size_t count)
{
    const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)bytes, count};

    return count == 0 ? 0 : call(operation, block);
}

void rig_read(int file, void *to, size_t bytes)
{
    if (transfer(SYS_READ, file, to, bytes) != 0)
        rig_fail("the input file ends early");
}

void rig_write(int file, const void *from, size_t bytes)
{
    if (transfer(SYS_WRITE, file, from, bytes) != 0)
        rig_fail("cannot write");
}
