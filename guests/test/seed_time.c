/* As seed.c, seeded from the clock. */
#define SEED_FROM_TIME
#include "seed.c"
