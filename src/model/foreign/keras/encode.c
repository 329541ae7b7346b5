/* encode.c - categories by number: as numbers, one hot, all that occur, or how often. */
#include "base/text.h"
#include "model/foreign/keras/walk.h"

bool rc_keras_mode_read(rc_keras_walk *walk, const json_t *config, const char *fallback,
                        rc_keras_mode *mode)
{
    static const char *const names[] = {[RC_KERAS_INT] = "int",
                                        [RC_KERAS_ONE_HOT] = "one_hot",
                                        [RC_KERAS_MULTI_HOT] = "multi_hot",
                                        [RC_KERAS_COUNT] = "count",
                                        "binary"}; /* multi_hot, as it was called first */
    const char *text = rc_keras_text(walk, config, "output_mode", fallback);
    for (size_t i = 0; i < 5; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = i == 4 ? RC_KERAS_MULTI_HOT : (rc_keras_mode)i;
            return rc_keras_is_ok(walk);
        }
    char quoted[RC_QUOTED_BYTES];
    return rc_keras_fail(walk, "output_mode '%s' is not supported",
                         rc_text_quote(text, strlen(text), quoted));
}

rc_keras_tensor rc_keras_as_whole(rc_keras_walk *walk, const rc_keras_tensor *in)
{
    rc_keras_tensor out = *in;
    if (!in->is_whole) {
        out = rc_keras_like(in, rc_compose_truncate(walk->tape, in->v));
        out.is_whole = true;
    }
    return out;
}

/* Columns of each number: (width, depth). */
static rc_value one_hot(rc_keras_walk *walk, const rc_keras_tensor *in, size_t depth,
                        bool unknown_is_error)
{
    size_t n = rc_keras_width(in);
    double *numbers = rc_keras_alloc(walk, depth, sizeof(*numbers));
    rc_value *parts = rc_keras_alloc(walk, n, sizeof(*parts));
    if (numbers == NULL || parts == NULL)
        return RC_NO_VALUE;
    for (size_t i = 0; i < depth; i++)
        numbers[i] = (double)i;
    for (size_t i = 0; i < n && rc_keras_is_ok(walk); i++)
        parts[i] = rc_tape_onehot_numbers(walk->tape, rc_tape_slice(walk->tape, in->v, i, 1),
                                          numbers, depth, unknown_is_error);
    return rc_keras_is_ok(walk) ? rc_tape_concat(walk->tape, parts, n) : RC_NO_VALUE;
}

rc_keras_tensor rc_keras_encode(rc_keras_walk *walk, const rc_keras_tensor *in, rc_keras_mode mode,
                                size_t depth, bool unknown_is_error)
{
    if (mode == RC_KERAS_INT)
        return *in;
    rc_keras_tensor whole = rc_keras_as_whole(walk, in);
    rc_value hot = one_hot(walk, &whole, depth, unknown_is_error);
    rc_keras_tensor out = rc_keras_flat(hot, depth);
    if (mode != RC_KERAS_ONE_HOT) {
        if (in->rank != 1) /* of rank 0, Keras counts over the batch */
            rc_keras_fail(walk, "an output_mode that counts wants a row of rank 1");
        out.v = rc_compose_reduce(walk->tape, mode == RC_KERAS_COUNT ? RC_FN_ADD : RC_FN_MAX, hot,
                                  1, rc_keras_width(in), depth);
        return out;
    }
    size_t dim[RC_KERAS_MOST_RANK + 1];
    unsigned rank = in->rank > 0 && rc_keras_last(in) == 1 ? in->rank - 1 : in->rank;
    memcpy(dim, in->dim, rank * sizeof(*dim));
    dim[rank] = depth;
    rc_keras_set_shape(walk, &out, dim, rank + 1);
    return out;
}
