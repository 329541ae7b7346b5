/* native_ops.h - the operators of the native model, each read by a function of its own. */
#ifndef RC_MODEL_NATIVE_OPS_H
#define RC_MODEL_NATIVE_OPS_H

#include "model/native.h"

/* Reads the parameters of a step. Its `in` has been read, and w_out is w_in so far; `whose` ends
 * messages such as "3 values, but ". */
typedef rc_status rc_native_op(rc_native *ctx, const json_t *step, const rc_place *at,
                               const char *whose, rc_model_step *out);

rc_native_op rc_native_affine, rc_native_dense, rc_native_activation, rc_native_softmax;
rc_native_op rc_native_impute, rc_native_clip, rc_native_normalise, rc_native_product,
    rc_native_bin, rc_native_select;
rc_native_op rc_native_onehot, rc_native_ordinal, rc_native_lookup;

/* This one reads its `in` itself: numbers may be in it. */
rc_native_op rc_native_elementwise;

/* Reads `in`. */
rc_status rc_native_in(rc_native *ctx, const json_t *step, const rc_place *up, rc_model_step *out,
                       char whose[RC_WHOSE_BYTES]);

/* w numbers, or none if the key is absent. */
rc_status rc_native_optional(rc_native *ctx, const json_t *step, const rc_place *up,
                             const char *key, size_t w, const char *whose, rc_array *out);

#endif
