#include "daemon/control_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/status_hint.h"

json_t *hf_control_ok(json_t *data)
{
    return json_pack("{s:b, s:o}", "ok", 1, "data", data ? data : json_object());
}

json_t *hf_control_error(const char *code, const char *text, const char *hint)
{
    json_t *error = json_pack("{s:s, s:o}", "code", code, "text", hf_control_text(text));
    if (error && hint && hint[0])
        (void)json_object_set_new(error, "hint", hf_control_text(hint));
    return json_pack("{s:b, s:o}", "ok", 0, "error", error);
}

json_t *hf_control_errorf(const char *code, const char *hint, const char *format, ...)
{
    char text[HF_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return hf_control_error(code, text, hint);
}

json_t *hf_control_refusal(const struct hf_reason *reason, const struct hf_spec *spec,
                           uint16_t instance)
{
    char text[HF_ERROR_TEXT_MAX];
    char hint[HF_ERROR_TEXT_MAX];
    (void)hf_reason_text(reason, spec, text, sizeof(text));
    (void)hf_hint_text(reason, spec, instance, hint, sizeof(hint));
    const char *name = instance < HF_INSTANCES_MAX ? spec->instances[instance].name : "";
    if (name[0] == '\0')
        return hf_control_error(hf_reason_word(reason->code), text, hint);
    return hf_control_errorf(hf_reason_word(reason->code), hint, "%s: %s", name, text);
}

/* The length of the UTF-8 sequence at s, 0 when it is none. */
static size_t sequence(const unsigned char *s)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (s[0] > 0xf4 || length == 0)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

json_t *hf_control_text(const char *text)
{
    if (!text)
        return json_null();
    char *clean = malloc(strlen(text) + 1);
    if (!clean)
        return NULL;
    size_t used = 0;
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t length = sequence(s);
        bool printable = length > 1 || (length == 1 && *s >= 0x20 && *s != 0x7f) || *s == '\n';
        if (printable)
            memcpy(clean + used, s, length);
        else
            clean[used] = '?';
        used += printable ? length : 1;
        s += printable ? length : 1;
    }
    json_t *json = json_stringn(clean, used);
    free(clean);
    return json;
}
