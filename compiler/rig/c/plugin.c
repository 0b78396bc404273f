/* SPDX-License-Identifier: MIT
 *
 * A plugin for QEMU's code generator (interface version 1) that counts Thumb instructions by class between two marks.
 *
 * `mov r9, r9` starts to count, `mov r10, r10` writes a line with what was counted since: instructions, loads, stores,
 * multiplications. An instruction counts once, however many registers or lanes it moves. Counting goes by blocks of
 * straight code, so that a mark is exact up to a constant: what an empty region counts has to be subtracted.
 *
 * Run as `-plugin plugin.so,out=FILE`. The declarations are those of the interface; nothing else is needed. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum registers { NO_REGISTERS, READ_REGISTERS, WRITE_REGISTERS };

typedef uint64_t plugin_id_t;
typedef void (*translate_t)(plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*execute_t)(unsigned vcpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id_t id, translate_t callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, execute_t callback, enum registers, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, execute_t callback, enum registers,
                                            void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
EXPORT int qemu_plugin_install(plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

EXPORT int qemu_plugin_version = 1;

enum class { OTHER, LOAD, STORE, MULTIPLY, CLASSES };
enum { START = 0x46C9, STOP = 0x46D2 };

typedef struct counts {
    uint64_t instructions, by_class[CLASSES];
} counts_t;

static counts_t total;
static FILE *out;

static enum class by_load_bit(int is_load)
{
    return is_load ? LOAD : STORE;
}

static enum class narrow(unsigned op)
{
    if (op >> 11 == 0x09) /* from the literal pool */
        return LOAD;
    if (op >> 12 == 0x5) /* register offsets: the first three of eight store */
        return by_load_bit((op >> 9 & 7) >= 3);
    if (op >> 13 == 0x3 || op >> 12 == 0x8 || op >> 12 == 0x9 || op >> 12 == 0xC)
        return by_load_bit(op >> 11 & 1);
    if (op >> 9 == 0x5A || op >> 9 == 0x5E) /* push, pop */
        return by_load_bit(op >> 9 == 0x5E);
    return op >> 6 == 0x10D ? MULTIPLY : OTHER;
}

/* Floating point and vectors: the first half begins with 0b111x11. */
static enum class extension(unsigned op, unsigned low)
{
    const unsigned unit = low >> 8 & 0xF;
    const int is_indexed = (op & 0x80) != 0; /* gathers and scatters */
    const int is_vector_memory = (low & 0x0E00) == 0x0E00 && ((low & 0x1000) != 0 || is_indexed);

    if (op >> 9 == 0x76 && (unit == 0xA || unit == 0xB)) /* VLDR, VSTR, VLDM, VSTM, but not VMOV of two registers */
        return (op & 0xFFE0) == 0xEC40 ? OTHER : by_load_bit(op >> 4 & 1);
    if ((op >> 9 == 0x76 || op >> 9 == 0x7E) && is_vector_memory)
        return by_load_bit(op >> 4 & 1);
    if (op >> 8 == 0xEE && (unit == 0xA || unit == 0xB) && (low & 0x10) == 0) {
        const unsigned kind = op >> 4 & 0xB; /* VMLA, VNMLA, VMUL, VFNMA, VFMA */
        return kind <= 2 || kind == 9 || kind == 0xA ? MULTIPLY : OTHER;
    }
    if ((op & 0xEF80) == 0xEE80 && (low & 0x1E00) == 0x0E00) /* VMLADAV, VMLALDAV, VMLSDAV, VMUL by a scalar, ... */
        return MULTIPLY;
    if ((op & 0xEF00) == 0xEF00 && ((low & 0x1F10) == 0x0910 || (low & 0x1F10) == 0x0B00)) /* VMUL, VQ(R)DMULH */
        return MULTIPLY;
    if ((op & 0xEF00) == 0xEF00 && ((low & 0x1F10) == 0x0D10 || (low & 0x1F10) == 0x0C10)) /* VMUL, VFMA of floats */
        return MULTIPLY;
    return OTHER;
}

static enum class wide(unsigned op, unsigned low)
{
    if (op == 0xE89F) /* CLRM */
        return OTHER;
    if (op >> 9 == 0x74 || op >> 9 == 0x7C)
        return by_load_bit(op >> 4 & 1);
    if (op >> 7 == 0x1F6) /* MUL, MLA, SMLAD, SMMLA, ... */
        return MULTIPLY;
    if (op >> 7 == 0x1F7) /* long products and quotients */
        return (op & 0xFFD0) == 0xFB90 ? OTHER : MULTIPLY;
    return (op >> 10 & 0x3B) == 0x3B ? extension(op, low) : OTHER;
}

static void add(unsigned vcpu, void *data)
{
    const counts_t *counts = data;

    (void)vcpu;
    total.instructions += counts->instructions;
    for (int i = 0; i < CLASSES; i++)
        total.by_class[i] += counts->by_class[i];
}

static void start(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    memset(&total, 0, sizeof total);
}

static void stop(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    fprintf(out, "%llu %llu %llu %llu\n", (unsigned long long)total.instructions,
            (unsigned long long)total.by_class[LOAD], (unsigned long long)total.by_class[STORE],
            (unsigned long long)total.by_class[MULTIPLY]);
    fflush(out);
}

static void translate(plugin_id_t id, struct qemu_plugin_tb *tb)
{
    counts_t *counts = calloc(1, sizeof *counts); /* as long as the block, which is never given back */

    (void)id;
    if (counts == NULL)
        abort();
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint16_t halves[2] = {0, 0};
        const int is_wide = qemu_plugin_insn_size(insn) == 4;

        memcpy(halves, qemu_plugin_insn_data(insn), is_wide ? 4 : 2);
        counts->instructions++;
        counts->by_class[is_wide ? wide(halves[0], halves[1]) : narrow(halves[0])]++;
        if (!is_wide && halves[0] == START)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, start, NO_REGISTERS, NULL);
        if (!is_wide && halves[0] == STOP)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, stop, NO_REGISTERS, NULL);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, add, NO_REGISTERS, counts);
}

EXPORT int qemu_plugin_install(plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || (out = fopen(argv[0] + 4, "w")) == NULL)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
