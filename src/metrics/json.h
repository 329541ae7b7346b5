/* json.h - make JSON out of parts; one that could not be made is NULL, and makes the whole fail. */
#ifndef RC_METRICS_JSON_H
#define RC_METRICS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Adds a value, which is taken; false if it or the whole is NULL, or memory ends. */
bool rc_put(json_t *object, const char *name, json_t *value);
bool rc_put_item(json_t *list, json_t *value);

/* What has been filled if all was well, else NULL; then it is released. */
json_t *rc_json_keep(json_t *made, bool ok);

/* Text as JSON can hold it (see rc_results_text); NULL is null. */
json_t *rc_json_text(const char *text);
/* A number; NaN and infinities are "nan", "inf", "-inf" as in a model. */
json_t *rc_json_real(double x);
json_t *rc_json_count(uint64_t n);

#endif
