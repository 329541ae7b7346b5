/* tape_state.h - what a tape consists of; for the files that make it. */
#ifndef RC_MODEL_FOREIGN_TAPE_STATE_H
#define RC_MODEL_FOREIGN_TAPE_STATE_H

#include <jansson.h>

#include "model/foreign/tape.h"

/* Numbers that stand behind the text of the model. */
typedef struct rc_stored_array {
    rc_matrix from;
    bool is_narrow; /* written as float32 */
    uint64_t at, n_bytes;
} rc_stored_array;

/* A value, and the step that makes it. */
typedef struct rc_tape_made {
    char *name;
    size_t width;
    bool is_category;
    rc_value read;      /* activation and softmax: what they read */
    int peeled;         /* rc_activation, RC_PEEL_SOFTMAX, RC_PEEL_BIAS (it has none), or NOTHING */
    bool is_first_step; /* no input is added from here on */
} rc_tape_made;

enum { RC_PEEL_SOFTMAX = 1000, RC_PEEL_BIAS, RC_PEEL_NOTHING = -1 };

/* Memory that lives as long as the tape. */
typedef struct rc_tape_block {
    struct rc_tape_block *next;
    max_align_t bytes[];
} rc_tape_block;

struct rc_tape {
    rc_dtype dtype;
    json_t *inputs, *steps, *names; /* names: those that are taken */
    rc_tape_made *values;           /* (n_values) */
    size_t n_values, values_capacity, n_inputs;
    size_t n_widths; /* of all values together */
    rc_stored_array *arrays;
    size_t n_arrays, arrays_capacity;
    uint64_t n_array_bytes;
    char label[64];
    rc_tape_block *blocks;
    rc_status status; /* the first failure */
    char failure[512];
    char warning[RC_MODEL_WARNING_BYTES];
    char *text; /* (n_text) of the finished model, its length before it */
    size_t n_text;
};

/* Keeps that there is no memory; RC_NO_VALUE. */
rc_value rc_tape_fail_memory(rc_tape *tape);

/* Whether the tape goes on: no failure, and every value is one. */
bool rc_tape_is_sound(rc_tape *tape, const rc_value *values, size_t n);

/* Adds the step {"op": op}, whose `in` are these values (NULL, and n_in not 0: the caller puts it);
 * NULL is a failure. The step is filled by
 * the caller and closed by rc_tape_end, which gives its value. */
json_t *rc_tape_begin(rc_tape *tape, const char *op, const rc_value *in, size_t n_in);
rc_value rc_tape_end(rc_tape *tape, json_t *step, size_t width);

/* Sets a member of a step; a failure of the memory is kept. */
void rc_tape_put(rc_tape *tape, json_t *step, const char *key, json_t *member);
void rc_tape_put_text(rc_tape *tape, json_t *step, const char *key, const char *text);
void rc_tape_put_number(rc_tape *tape, json_t *step, const char *key, double x);
/* n numbers, copied; one number if all are the same and may_be_one. */
void rc_tape_put_vector(rc_tape *tape, json_t *step, const char *key, const double *numbers,
                        size_t n, bool may_be_one);
void rc_tape_put_matrix(rc_tape *tape, json_t *step, const char *key, const rc_matrix *matrix);
/* Texts; as numbers where are_numbers, and a double holds them. */
void rc_tape_put_labels(rc_tape *tape, json_t *step, const char *key, const char *const *texts,
                        size_t n, bool are_numbers);

/* A number as JSON has it: infinities and NaN are texts. NULL: no memory. */
json_t *rc_tape_json_number(double x);

#endif
