/* Counts the steps of a generated model, one by one: each ends with a call of model_probe.
 *
 * in.bin: number of runs (32 bits, little endian), then for each run the contents of all inputs. Regions are counted by
 * plugin.c. Each run has three regions before that of its first step: what went before, a step that does nothing, and
 * the reading of inputs. The first step contains the way into model_invoke. */
#include "model.h"
#include "rig.h"

__attribute__((noinline)) void model_probe(unsigned step)
{
    (void)step;
    rig_count_stop();
    rig_count_start();
}

int main(void)
{
    const int in = rig_open_read("in.bin");
    uint32_t runs;

    rig_read(in, &runs, sizeof runs);
    for (; runs > 0; runs--) {
        model_probe(0);
        model_probe(0);
        if (model_init() != 0)
            rig_fail("model_init returned an error");
        for (unsigned i = 0; i < model_input_count(); i++)
            rig_read(in, model_input(i), model_input_bytes(i));
        model_probe(0);
        if (model_invoke() != 0)
            rig_fail("model_invoke returned an error");
    }
    return 0;
}
