/* Instruction counter and stack gauge of an emulated core.
 *
 * With `-icount shift=S` QEMU's clock advances 2^S ns per executed instruction, so that a timer on that clock counts
 * instructions. S is chosen so that one instruction takes more than two ticks; rounding then makes the count exact.
 * SysTick (24 bits) would wrap after some million instructions, and DWT->CYCCNT reads 0. */
#include "rig.h"

#define REG(address) (*(volatile uint32_t *)(address))

#if defined(RIG_MICROBIT)
/* nRF51 TIMER0: 16 MHz, 32 bits; regions up to 1e9 instructions. S = 8: 512 / 125 ticks per instruction. */
#define INSTRUCTIONS(ticks) (((ticks) * 128 - (ticks) * 2 - (ticks) + 256) >> 9)
#define TIMER 0x40008000u

static void timer_init(void)
{
    REG(TIMER + 0x508) = 3; /* BITMODE: 32 bits */
    REG(TIMER + 0x510) = 0; /* PRESCALER: none */
    REG(TIMER + 0x000) = 1; /* START */
}

static inline uint64_t timer_read(void)
{
    static uint32_t last;
    static uint64_t wraps;

    REG(TIMER + 0x040) = 1; /* CAPTURE[0] */
    const uint32_t now = REG(TIMER + 0x540);
    if (now < last)
        wraps += (uint64_t)1 << 32;
    last = now;
    return wraps + now;
}

#elif defined(RIG_AN547)
/* SSE-300 system counter: 32 MHz, 64 bits. S = 7: 512 / 125 ticks per instruction. */
#define INSTRUCTIONS(ticks) (((ticks) * 125 + 256) >> 9)
#define COUNTER 0x58100000u

static void timer_init(void)
{
    REG(COUNTER) = 1; /* CNTCR: enable */
}

static inline uint64_t timer_read(void)
{
    uint32_t high, low;

    do {
        high = REG(COUNTER + 12);
        low = REG(COUNTER + 8);
    } while (high != REG(COUNTER + 12));
    return (uint64_t)high << 32 | low;
}

#else
/* CMSDK timer 0 counts down through 32 bits. The dual timer runs from the same clock through a prescaler of 256 and
 * says how often timer 0 has wrapped. */
#if defined(RIG_AN505)
/* 20 MHz, S = 8: 128 / 25 ticks per instruction. */
#define INSTRUCTIONS(ticks) (((ticks) * 25 + 64) >> 7)
#define TIMER 0x50000000u
#define DUAL_TIMER 0x50002000u
#else
/* 25 MHz, S = 7: 16 / 5 ticks per instruction. */
#define INSTRUCTIONS(ticks) (((ticks) * 5 + 8) >> 4)
#define TIMER 0x40000000u
#define DUAL_TIMER 0x40002000u
#endif

static void timer_init(void)
{
    REG(TIMER + 8) = 0xFFFFFFFFu;      /* RELOAD */
    REG(DUAL_TIMER + 0) = 0xFFFFFFFFu; /* TIMER1LOAD */
    REG(TIMER + 0) = 1;                /* CTRL: enable */
    REG(DUAL_TIMER + 8) = 0x8Au;       /* TIMER1CONTROL: enable, free running, prescale 256, 32 bits */
}

static inline uint64_t timer_read(void)
{
    const uint32_t fine = 0u - REG(TIMER + 4);
    const uint64_t coarse = (uint64_t)(0u - REG(DUAL_TIMER + 4)) << 8;

    /* The two differ by much less than half a turn of the fine one. */
    return coarse + (uint64_t)(int64_t)(int32_t)(fine - (uint32_t)coarse);
}
#endif

static uint64_t started;
static uint64_t overhead;

/* Marks for plugin.c: instructions that do nothing and that no compiler makes. */
#define MARK_START "mov r9, r9"
#define MARK_STOP "mov r10, r10"

__attribute__((noinline)) void rig_count_start(void)
{
    started = timer_read();
    __asm__ volatile(MARK_START);
}

__attribute__((noinline)) uint64_t rig_count_stop(void)
{
    __asm__ volatile(MARK_STOP);
    const uint64_t ticks = timer_read() - started;

    return INSTRUCTIONS(ticks) - overhead;
}

/* Called once at start-up: what an empty region costs. */
void rig_counter_init(void);
void rig_counter_init(void)
{
    timer_init();
    rig_count_start();
    overhead = rig_count_stop();
}

extern uint32_t rig_stack_bottom[];
static uint32_t *reference;
static const uint32_t paint = 0xA5C3F00Du;
/* Words that stay as they are: this function may yet push registers. A shallower use is not seen. */
enum { MARGIN = 16 };

__attribute__((noinline)) void rig_stack_paint(void)
{
    uint32_t *here;

    __asm__ volatile("mov %0, sp" : "=r"(here));
    reference = here;
    for (volatile uint32_t *at = rig_stack_bottom; at < here - MARGIN; at++)
        *at = paint;
}

size_t rig_stack_used(void)
{
    const uint32_t *at = rig_stack_bottom;

    while (at < reference - MARGIN && *at == paint)
        at++;
    return (size_t)(reference - at) * sizeof *at;
}
