/* Counts the steps of a generated model, one by one: each ends with a call of model_probe.
 *
 * in.bin: number of runs (32 bits, little endian), then for each run the contents of all inputs. Standard output: for
 * each run one line `step=` for each step, in order. The first step of a run contains the way into model_invoke. */
#include "model.h"
#include "rig.h"

#ifndef RIG_STEPS
#error "the number of steps must be known"
#endif

static uint64_t counts[RIG_STEPS];

/* Noted for steps that are no steps. */
static uint64_t other;

__attribute__((noinline)) void model_probe(unsigned step)
{
    const uint64_t count = rig_count_stop();

    if (step < RIG_STEPS)
        counts[step] = count;
    else
        other = count;
    rig_count_start();
}

/* What a step costs that does nothing. */
static uint64_t overhead(void)
{
    model_probe(RIG_STEPS);
    model_probe(RIG_STEPS);
    return other;
}

int main(void)
{
    const int in = rig_open_read("in.bin");
    uint32_t runs;

    rig_read(in, &runs, sizeof runs);
    for (; runs > 0; runs--) {
        const uint64_t empty = overhead();

        if (model_init() != 0)
            rig_fail("model_init returned an error");
        for (unsigned i = 0; i < model_input_count(); i++)
            rig_read(in, model_input(i), model_input_bytes(i));
        model_probe(RIG_STEPS);
        if (model_invoke() != 0)
            rig_fail("model_invoke returned an error");
        for (unsigned step = 0; step < RIG_STEPS; step++)
            rig_value("step", counts[step] - empty);
    }
    return 0;
}
