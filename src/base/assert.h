/*
 * assert.h - assertions that stay on in release builds.
 *
 * A failed assertion ends the process through hf_assert_fail, which base/assert.c defines for
 * programs (message and abort) and a test may define for itself. After the abort the engines run
 * on, the restarted daemon adopts them, and if it does not come back the watchdog resets the node.
 */
#ifndef HF_BASE_ASSERT_H
#define HF_BASE_ASSERT_H

_Noreturn void hf_assert_fail(const char *expression, const char *file, int line);

#define HF_ASSERT(x) ((x) ? (void)0 : hf_assert_fail(#x, __FILE__, __LINE__))

#endif
