/* Vector table, reset and fault reports for ARMv6-M to ARMv8.1-M. */
#include "rig.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define CPACR REG(0xE000ED88u)
#define CCR REG(0xE000ED14u)
#define SHCSR REG(0xE000ED24u)
#define CFSR REG(0xE000ED28u)
#define HFSR REG(0xE000ED2Cu)
#define MMFAR REG(0xE000ED34u)
#define BFAR REG(0xE000ED38u)

extern uint32_t rig_data_begin[], rig_data_end[], rig_data_image[];
extern uint32_t rig_bss_begin[], rig_bss_end[];
extern uint32_t rig_stack_top[];
int main(void);
void rig_counter_init(void);
void rig_reset(void);
void rig_fault(const uint32_t *frame);

/* `frame` is what the exception pushed; word 6 is the address of the instruction. */
__attribute__((used)) void rig_fault(const uint32_t *frame)
{
    uint32_t exception;

    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    rig_text("rig: fault\n");
    rig_value("fault.exception", exception & 0x1FFu);
    rig_value("fault.pc", frame[6]);
    rig_value("fault.lr", frame[5]);
#if __ARM_ARCH >= 7
    rig_value("fault.cfsr", CFSR);
    rig_value("fault.hfsr", HFSR);
    rig_value("fault.mmfar", MMFAR);
    rig_value("fault.bfar", BFAR);
#endif
    rig_exit(99);
}

__attribute__((naked)) static void on_exception(void)
{
    __asm__ volatile("mov r0, sp\n\tbl rig_fault");
}

#define VECTOR ((uintptr_t)on_exception)
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)rig_stack_top, (uintptr_t)rig_reset,
    VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR,
    VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR,
};

/* Before this, floating-point and vector instructions fault. */
static inline void enable_units(void)
{
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xFu << 20; /* full access to CP10 and CP11 */
#endif
#if defined(__ARM_FEATURE_MVE)
    CCR |= 1u << 19; /* low-overhead branches */
#endif
#if __ARM_ARCH >= 7
    SHCSR |= 7u << 16; /* separate memory, bus and usage faults */
#endif
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* A function of its own, so that the compiler cannot use the units before they are enabled. */
__attribute__((noinline)) static void start(void)
{
    /* `volatile` keeps the compiler from calling memcpy and memset. */
    const uint32_t *image = rig_data_image;
    for (volatile uint32_t *to = rig_data_begin; to < rig_data_end; to++)
        *to = *image++;
    for (volatile uint32_t *to = rig_bss_begin; to < rig_bss_end; to++)
        *to = 0;
    rig_counter_init();
    rig_exit(main());
}

__attribute__((noreturn)) void rig_reset(void)
{
    enable_units();
    start();
    for (;;) {
    }
}
