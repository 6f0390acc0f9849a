/*
 * child.h - what a process does first that the daemon forked and that executes no other program.
 */
#ifndef HF_BASE_CHILD_H
#define HF_BASE_CHILD_H

/* The descriptor that hf_child_keep leaves, right after the standard streams. */
#define HF_CHILD_FD 3

/* A handler of the parent must not run in the child: every signal gets its default action, and
 * none is blocked. */
void hf_child_signals(void);

/* Closes every descriptor but the standard streams and fd, which becomes HF_CHILD_FD. Closed when
 * another program is executed. 0 or a negative errno. */
int hf_child_keep(int fd);

#endif
