/* Puts the network into its initial state. Returns 0. */
int [[ name ]]_init(void);

/* Inputs: write them before each call of [[ name ]]_invoke. NULL if there is no input i. */
unsigned [[ name ]]_input_count(void);
void *[[ name ]]_input(unsigned i);
size_t [[ name ]]_input_bytes(unsigned i);

/* Runs the network. Returns 0{% if arena_external %}, or -1 if there is no arena{% endif %}. */
int [[ name ]]_invoke(void);

/* Outputs: valid until the next call of [[ name ]]_invoke. NULL if there is no output i. */
unsigned [[ name ]]_output_count(void);
const void *[[ name ]]_output(unsigned i);
size_t [[ name ]]_output_bytes(unsigned i);

/* Size of the memory that the network works in. */
size_t [[ name ]]_arena_bytes(void);

/* Nested subnetworks: 0 is the smallest, count - 1 the full network. Selecting returns 0, or -1 if there is no k.{% if levels %}
 * The next invocation runs what was selected last; an interrupt may select. At first the full network is selected.{% endif %} */
unsigned [[ name ]]_subnet_count(void);
int [[ name ]]_select_subnet(unsigned k);
{% if arena_external %}
/* Gives the network its memory: at least [[ name ]]_ARENA_BYTES bytes, aligned to [[ alignment ]]. State starts anew.
 * Returns 0, or -1 if it is too small or not aligned. Call it before everything else. */
int [[ name ]]_set_arena(void *p, size_t bytes);
{% endif %}{% if trace %}
/* Sets the function that is called after each layer with a tensor's name, contents, size and CRC-32; NULL for none. */
typedef void [[ name ]]_trace_t(const char *name, const void *data, size_t bytes, uint32_t crc32);
void [[ name ]]_set_trace([[ name ]]_trace_t *hook);
{% endif %}{% if probe %}
/* The application defines this: it is called after each layer, with the layer's number, to measure what layers take. */
void [[ name ]]_probe(unsigned layer);
{% endif %}
