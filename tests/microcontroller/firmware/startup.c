#include <stdint.h>
#include <stdlib.h>

/* What the processor does from its reset on, and at a fault. */

extern char stack_top; /* board.ld */
void _start(void);     /* of newlib: clears .bss, reads the arguments, and calls main */

void reset(void) {
  volatile uint32_t* const coprocessors = (uint32_t*)0xE000ED88;
  *coprocessors |= 0xFU << 20; /* the floating-point unit: newlib for this CPU uses it */
  __asm volatile("dsb\n isb");
  _start();
}

static void fault(void) {
  abort();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    (void (*)(void))&stack_top, reset, fault, fault, fault, fault, fault};
