/* words.h - what the parts of a model are called in its files, and where people read of them. */
#ifndef RC_MODEL_WORDS_H
#define RC_MODEL_WORDS_H

#include "model/model.h"

/* By the value of the enumeration; a NULL ends each. */
extern const char *const rc_words_dtype[];
extern const char *const rc_words_task[];
extern const char *const rc_words_link[];
extern const char *const rc_words_op[];
extern const char *const rc_words_activation[];
extern const char *const rc_words_elementwise[];
extern const char *const rc_words_norm[];

/* A parameter of activations, and which of them have it: bits 1 << rc_activation. */
typedef struct rc_activation_parameter {
    const char *name;
    size_t at; /* of the double in rc_activation_spec */
    unsigned fns;
} rc_activation_parameter;

enum { RC_ACTIVATION_PARAMETERS = 5 };
extern const rc_activation_parameter rc_activation_parameters[RC_ACTIVATION_PARAMETERS];

/* "a multi-class model": of a task, in a sentence. */
const char *rc_task_phrase(rc_task task);

#endif
