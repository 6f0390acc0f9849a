/*
 * words.h - events and actions as text for people. Each always NUL-terminates.
 */
#ifndef HF_REPLAY_WORDS_H
#define HF_REPLAY_WORDS_H

#include "replay/record.h"

/* "members are db2, db3; db1 is gone with its computer". Returns false for events that come all the
 * time and say nothing by themselves (text is then their kind only). */
bool hf_event_text(const struct hf_event *event, const struct hf_spec *spec, char *text,
                   size_t room);

/* The instance that an event is about, or HF_INSTANCE_NONE. */
uint16_t hf_event_instance(const struct hf_event *event);

/* "mount of msgbox, generation 3, id 65536, within 60000 ms" */
void hf_action_text(const struct hf_log_action *action, const struct hf_spec *spec, char *text,
                    size_t room);

#endif
