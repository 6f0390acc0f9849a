/* drill_engine.h - the process to kill: the main process of an instance's engine on this node. */
#ifndef HF_CLI_DRILL_ENGINE_H
#define HF_CLI_DRILL_ENGINE_H

#include <sys/types.h>

/* The process of the instance's control group whose parent is not in it. 0, with errno, when there
 * is none. */
pid_t hf_drill_engine_pid(const char *instance);

#endif
