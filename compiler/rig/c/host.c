/* rig.h on the host: the C library. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_FILES = 4 };
static FILE *files[MAX_FILES];
static int file_count;

void rig_text(const char *text)
{
    fputs(text, stdout);
}

void rig_exit(int status)
{
    exit(status);
}

static int open_file(const char *name, const char *mode)
{
    FILE *file = file_count < MAX_FILES ? fopen(name, mode) : NULL;

    if (file == NULL)
        rig_fail("cannot open a file");
    files[file_count] = file;
    return file_count++;
}

int rig_open_read(const char *name)
{
    return open_file(name, "rb");
}

int rig_open_write(const char *name)
{
    return open_file(name, "wb");
}

void rig_read(int file, void *to, size_t bytes)
{
    if (fread(to, 1, bytes, files[file]) != bytes)
        rig_fail("the input file ends early");
}

void rig_write(int file, const void *from, size_t bytes)
{
    if (fwrite(from, 1, bytes, files[file]) != bytes)
        rig_fail("cannot write");
}

void rig_count_start(void)
{
}

uint64_t rig_count_stop(void)
{
    return 0;
}

void rig_stack_paint(void)
{
}

size_t rig_stack_used(void)
{
    return 0;
}
