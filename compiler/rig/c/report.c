/* The parts of rig.h that are the same on every machine. Nothing here needs the C library or a division helper, so
 * that the rig adds no library code to the programs whose size is measured. */
#include "rig.h"

void rig_value(const char *key, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    char text[20];
    int at = 18;

    text[19] = '\0';
    text[18] = '\n';
    do {
        text[--at] = digits[value & 15u];
        value >>= 4;
    } while (value != 0);
    rig_text(key);
    rig_text("=0x");
    rig_text(text + at);
}

void rig_fail(const char *why)
{
    rig_text("rig: ");
    rig_text(why);
    rig_text("\n");
    rig_exit(1);
}
