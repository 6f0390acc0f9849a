/*
 * image.h - a core's memory as what is kept of it.
 *
 * A core holds no pointers between two steps and nothing outside of itself, so its hf_core_size()
 * bytes are all it knows: copied into a program with the same layout, they go on as the original
 * would. The layout is that of the headers in src/core; who stores an image also stores by which
 * layout it was made (src/replay/identity.h).
 */
#ifndef HF_CORE_IMAGE_H
#define HF_CORE_IMAGE_H

#include "core/core.h"

/* How much of a core is its image: the leading bytes. What is behind them is worked out from them;
 * it has to be zero in a core that an image was copied into. */
size_t hf_core_image_size(void);

/* Whether bytes that were copied into a core can be stepped: no count, slot or text in them leads
 * beyond its array. */
bool hf_core_image_valid(const struct hf_core *core);

/* The same for a specification that was copied as bytes. */
bool hf_spec_image_valid(const struct hf_spec *spec);

#endif
