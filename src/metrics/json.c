/* json.c - make JSON out of parts. */
#include "metrics/json.h"

#include <math.h>

#include "metrics/results.h"

bool rc_put(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

bool rc_put_item(json_t *list, json_t *value)
{
    return json_array_append_new(list, value) == 0;
}

json_t *rc_json_keep(json_t *made, bool ok)
{
    if (ok)
        return made;
    json_decref(made);
    return NULL;
}

json_t *rc_json_text(const char *text)
{
    return text != NULL ? rc_results_text(text, strlen(text)) : json_null();
}

json_t *rc_json_real(double x)
{
    if (isfinite(x))
        return json_real(x);
    return json_string(isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

json_t *rc_json_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}
