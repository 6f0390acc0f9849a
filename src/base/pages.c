#include "base/pages.h"

#include <sys/mman.h>

void *hf_pages_new(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    (void)madvise(pages, size, MADV_DONTFORK); /* costs time where it cannot be had, no more */
    return pages;
}

void hf_pages_free(void *pages, size_t size)
{
    if (pages)
        (void)munmap(pages, size);
}
