/* Runs a generated model over recorded inputs.
 *
 * in.bin: number of sequences, then for each sequence its number of steps and, for each step, the contents of all
 * inputs (counts are 32 bits, little endian). Every sequence starts with `model_init`; a model without state must give
 * the same results whether or not its vectors share a sequence. out.bin: the contents of all outputs, step by step.
 * Standard output: facts of the model, then one line `insns=` per invoke.
 *
 * RIG_SUBNET(i): the subnetwork that runs in step i of a sequence; it is selected after the inputs have been written.
 * RIG_EXTERNAL_ARENA: the model gets its arena from here. RIG_TRACE: prints `layer=` with the CRC-32 of each layer. */
#include "model.h"
#include "rig.h"

#ifdef RIG_EXTERNAL_ARENA
static __attribute__((aligned(16))) uint8_t external_arena[model_ARENA_BYTES];

static void set_up(void)
{
    if (model_set_arena(external_arena, sizeof external_arena) != 0)
        rig_fail("model_set_arena returned an error");
}
#elif defined(RIG_TRACE)
static void print_layer(const char *name, const void *data, size_t bytes, uint32_t crc32)
{
    (void)name;
    (void)data;
    (void)bytes;
    rig_value("layer", crc32);
}

static void set_up(void)
{
    model_set_trace(print_layer);
}
#else
static void set_up(void)
{
}
#endif

static uint32_t read_count(int file)
{
    uint32_t count;

    rig_read(file, &count, sizeof count);
    return count;
}

static void print_facts(void)
{
    rig_value("arena", model_arena_bytes());
    for (unsigned i = 0; i < model_input_count(); i++)
        rig_value("input", model_input_bytes(i));
    for (unsigned i = 0; i < model_output_count(); i++)
        rig_value("output", model_output_bytes(i));
}

static void select_subnet(uint32_t step)
{
#ifdef RIG_SUBNET
    if (model_select_subnet(RIG_SUBNET(step)) != 0 || model_select_subnet(model_subnet_count()) == 0)
        rig_fail("model_select_subnet returned the wrong status");
#else
    (void)step;
#endif
}

static void run_step(int in, int out, uint32_t step)
{
    for (unsigned i = 0; i < model_input_count(); i++)
        rig_read(in, model_input(i), model_input_bytes(i));
    select_subnet(step);
    rig_count_start();
    const int status = model_invoke();
    const uint64_t instructions = rig_count_stop();
    if (status != 0)
        rig_fail("model_invoke returned an error");
    for (unsigned i = 0; i < model_output_count(); i++)
        rig_write(out, model_output(i), model_output_bytes(i));
    rig_value("insns", instructions);
}

int main(void)
{
    const int in = rig_open_read("in.bin");
    const int out = rig_open_write("out.bin");

    set_up();
    print_facts();
    rig_stack_paint();
    for (uint32_t sequences = read_count(in); sequences > 0; sequences--) {
        if (model_init() != 0)
            rig_fail("model_init returned an error");
        const uint32_t steps = read_count(in);
        for (uint32_t step = 0; step < steps; step++)
            run_step(in, out, step);
    }
    rig_value("stack", rig_stack_used());
    return 0;
}
