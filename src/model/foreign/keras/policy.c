/* policy.c - in what numbers a layer computes, and how its weights are quantised. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

/* The name of the dtype policy: "float32", "mixed_bfloat16", "int8_from_float32"; "": none. */
static const char *policy_of(rc_keras_walk *walk, const json_t *config)
{
    const json_t *dtype = json_object_get(config, "dtype");
    if (!json_is_object(dtype))
        return json_is_string(dtype) ? json_string_value(dtype) : "";
    const json_t *inner = json_object_get(dtype, "config");
    return rc_keras_text(walk, inner, "name", rc_keras_text(walk, inner, "mode", ""));
}

void rc_keras_dtype_read(rc_keras_walk *walk, const json_t *config)
{
    if (strcmp(policy_of(walk, config), "float64") == 0)
        rc_tape_set_dtype(walk->tape, RC_FLOAT64);
}

/* How the rows are quantised that a kernel of 8 bits multiplies: AbsMaxQuantizer, or not at all. */
static bool read_rows(rc_keras_walk *walk, const json_t *config, rc_keras_quantisation *out)
{
    const json_t *rows = rc_keras_object(walk, config, "activation_quantizer");
    const json_t *inner = rc_keras_object(walk, rows, "config");
    const char *class_name = rc_keras_text(walk, rows, "class_name", "");
    char quoted[RC_QUOTED_BYTES];
    if (rows == NULL) {
        out->has_rows = false;
        return rc_keras_is_ok(walk);
    }
    if (strcmp(class_name, "AbsMaxQuantizer") != 0)
        return rc_keras_fail(walk, "rows quantised by '%s' are not supported",
                             rc_text_quote(class_name, strlen(class_name), quoted));
    size_t n;
    const double *range =
        rc_keras_numbers(walk, json_object_get(inner, "value_range"), "value_range", &n);
    out->epsilon = rc_keras_number(walk, inner, "epsilon", out->epsilon);
    if (range != NULL && n == 2) {
        out->least = range[0];
        out->most = range[1];
    }
    return rc_keras_is_ok(walk);
}

bool rc_keras_quantisation_read(rc_keras_walk *walk, const json_t *config,
                                rc_keras_quantisation *out)
{
    const char *mode = rc_keras_text(walk, config, "quantization_mode", policy_of(walk, config));
    char quoted[RC_QUOTED_BYTES];
    static const char *const known[] = {"float", "mixed_", "bfloat16", "int8_from_"};
    *out = (rc_keras_quantisation){.has_rows = true, .least = -127, .most = 127, .epsilon = 1e-7};
    bool is_known = *mode == '\0' || strcmp(mode, "int8") == 0;
    for (size_t i = 0; i < 4; i++)
        is_known = is_known || strncmp(mode, known[i], strlen(known[i])) == 0;
    if (!is_known || strncmp(mode, "float8", 6) == 0)
        return rc_keras_fail(walk, "weights quantised as '%s' are not supported",
                             rc_text_quote(mode, strlen(mode), quoted));
    out->is_int8 = strncmp(mode, "int8", 4) == 0;
    const json_t *how = rc_keras_object(walk, config, "quantization_config");
    const json_t *inner = rc_keras_object(walk, how, "config");
    return out->is_int8 && inner != NULL ? read_rows(walk, inner, out) : rc_keras_is_ok(walk);
}
