/* read.h - the layers of a Keras configuration as they become a tape. What fails is kept by the
 * tape (tape.h). */
#ifndef RC_MODEL_FOREIGN_KERAS_READ_H
#define RC_MODEL_FOREIGN_KERAS_READ_H

#include "model/foreign/compose.h"
#include "model/foreign/keras/keras.h"

enum {
    RC_KERAS_MAX_RANK = 3,
    RC_KERAS_MAX_LAYERS = 5000,
    RC_KERAS_MAX_DEPTH = 16,  /* of models in models */
    RC_KERAS_MAX_TENSORS = 64 /* that one layer reads or makes */
};

/* What a layer reads or makes, of one row: columns in row-major order; or texts. */
typedef struct rc_kt {
    rc_value v;
    unsigned rank;
    size_t dims[RC_KERAS_MAX_RANK];
    bool is_number; /* a constant operand */
    double number;
    bool is_text;
    size_t text; /* the first of its text columns; v is none */
} rc_kt;

/* A column of texts, and the values that layers hold it against. */
typedef struct rc_keras_text {
    const char *name;
    rc_value v;
    json_t *seen;
    bool unknown_is_error;
} rc_keras_text;

/* The arrays of a layer, read once. */
typedef struct rc_keras_kept {
    const json_t *layer;
    rc_keras_arrays arrays;
} rc_keras_kept;

typedef struct rc_keras {
    rc_keras_store *store;
    rc_tape *tape;
    bool is_trial; /* the first pass, which finds out what texts are held against */
    int major;
    bool is_v3; /* arrays are numbered, not named */
    bool is_double;
    rc_keras_text *texts;
    size_t n_texts;
    rc_keras_kept *kept;
    size_t n_kept, kept_capacity;
    rc_error *err; /* of the store, beside the tape's failure */
    rc_status status;
} rc_keras;

/* One layer that is applied. */
typedef struct rc_keras_layer {
    const char *class_name;
    const json_t *config;
    const rc_keras_id *id;
    const rc_keras_arrays *arrays;
} rc_keras_layer;

/* Makes what comes of the inputs (n_in > 0). */
typedef rc_kt rc_keras_apply(rc_keras *k, const rc_keras_layer *layer, const rc_kt *in,
                             size_t n_in);

/* NULL: it is not known. */
rc_keras_apply *rc_keras_layer_find(const char *class_name, bool *has_weights);

/* -- config.c ------------------------------------------------------------------------------------
 */

/* Members of a configuration; null is as good as absent. Of another type: a failure is kept. */
double rc_kc_number(rc_keras *k, const json_t *config, const char *key, double otherwise);
bool rc_kc_flag(rc_keras *k, const json_t *config, const char *key, bool otherwise);
const char *rc_kc_text(const json_t *config, const char *key); /* NULL: none */
/* Numbers in a list, also in lists of one list, or one number. NULL: absent. In the tape. */
const double *rc_kc_numbers(rc_keras *k, const json_t *config, const char *key, size_t *n);
bool rc_is_failed_keras(const rc_keras *k);

rc_kt rc_kt_none(void);
rc_kt rc_kt_like(const rc_kt *t, rc_value v);
rc_kt rc_kt_row(size_t width, rc_value v);
size_t rc_kt_width(const rc_kt *t);
/* Columns along the last dimension, and how many times there are so many. */
size_t rc_kt_last(const rc_kt *t);
size_t rc_kt_groups(const rc_kt *t);

/* An array of a layer: by name, or by place in files that number them. NULL: it is not there. */
const rc_keras_array *rc_ka_find(const rc_keras *k, const rc_keras_layer *layer, const char *name,
                                 size_t place);
/* Its n numbers, in the tape; a failure if there are others. NULL: it is not there. */
const double *rc_ka_numbers(rc_keras *k, const rc_keras_array *array, const char *name, size_t n);

/* -- layers --------------------------------------------------------------------------------------
 */

/* The activation that a member of a configuration names. */
rc_kt rc_keras_activation(rc_keras *k, const json_t *activation, const rc_kt *t);

/* Says that a text column is held against a value. */
void rc_keras_text_seen(rc_keras *k, size_t column, const char *value, bool unknown_is_error);
/* As the category has it: the empty text is a value of its own. */
const char *rc_keras_text_value(const char *text);

rc_keras_apply rc_kl_dense, rc_kl_identity, rc_kl_flatten, rc_kl_reshape, rc_kl_permute,
    rc_kl_repeat, rc_kl_embedding, rc_kl_batch_norm, rc_kl_layer_norm, rc_kl_unit_norm;
rc_keras_apply rc_kl_activation, rc_kl_relu, rc_kl_leaky_relu, rc_kl_elu, rc_kl_prelu,
    rc_kl_softmax, rc_kl_thresholded_relu;
rc_keras_apply rc_kl_merge, rc_kl_concatenate;
rc_keras_apply rc_kl_normalization, rc_kl_rescaling, rc_kl_discretization, rc_kl_string_lookup,
    rc_kl_integer_lookup, rc_kl_category_encoding;

/* -- graph.c -------------------------------------------------------------------------------------
 */

/* A model, or a layer that is one: {"class_name", "config"}. in: what its inputs are. */
size_t rc_keras_model(rc_keras *k, const json_t *model, const rc_keras_id *id, const rc_kt *in,
                      size_t n_in, rc_kt *out, unsigned depth);
/* The list of layers of a model's configuration. NULL: it has none. */
const json_t *rc_keras_layers(const json_t *model);
bool rc_keras_is_model(const char *class_name);

/* -- inputs.c, output.c --------------------------------------------------------------------------
 */

/* What the inputs of the whole model are; returns how many. */
size_t rc_keras_inputs(rc_keras *k, const json_t *model, rc_kt *in);
rc_status rc_keras_output(rc_keras *k, const json_t *model, const rc_kt *out, size_t n_out,
                          rc_error *err);

#endif
