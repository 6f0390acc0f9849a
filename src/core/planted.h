/*
 * planted.h - faults that the simulator must find.
 *
 * A checker that never bites proves nothing. The build for sim/planted defines HF_PLANTS, and each
 * HF_PLANTED(n) below becomes a fault that can be switched on; everywhere else it is 0 and the
 * compiler removes it. sim/planted.c names each one and says within how many seeds it must be
 * found.
 */
#ifndef HF_CORE_PLANTED_H
#define HF_CORE_PLANTED_H

#ifdef HF_PLANTS
extern unsigned hf_planted;
#define HF_PLANTED(n) (hf_planted == (n))
#else
#define HF_PLANTED(n) 0
#endif

#endif
