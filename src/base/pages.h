/*
 * pages.h - memory of its own, in whole pages, that forked children do not inherit.
 *
 * A fork copies the page tables of all that the parent uses. The daemon forks while an instance
 * waits for its engine, and no child of it needs the cluster's state.
 */
#ifndef HF_BASE_PAGES_H
#define HF_BASE_PAGES_H

#include <stddef.h>

/* size bytes, all zero; in a child made by fork there is nothing at that address. NULL when there
 * is no memory. The caller owns them: hf_pages_free with the same size. */
void *hf_pages_new(size_t size);

/* NULL is fine. */
void hf_pages_free(void *pages, size_t size);

#endif
